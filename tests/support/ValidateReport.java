// ValidateReport FILE…: HAPI's own validator (FhirInstanceValidator with the R4 definitions, those of the bundle and of each
// resource in it) on each file. Prints a TAP line for each; warnings are shown as comments. To be run beside HAPI's jars:
// java -cp '/opt/hapi/lib/*' tests/support/ValidateReport.java FILE…
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

class ValidateReport {
	public static void main(String[] files) throws Exception {
		FhirContext context = FhirContext.forR4();
		ValidationSupportChain support = new ValidationSupportChain(new DefaultProfileValidationSupport(context),
			new CommonCodeSystemsTerminologyService(context), new InMemoryTerminologyServerValidationSupport(context));
		FhirValidator validator = context.newValidator().registerValidatorModule(new FhirInstanceValidator(support));
		boolean good = true;
		for (String file : files) {
			boolean valid = true;
			for (SingleValidationMessage message : validator.validateWithResult(Files.readString(Path.of(file))).getMessages()) {
				boolean bad = message.getSeverity().ordinal() >= ResultSeverityEnum.ERROR.ordinal();
				valid = valid && !bad;
				if (message.getSeverity() == ResultSeverityEnum.INFORMATION)
					continue;
				System.out.println("# " + message.getSeverity() + " " + message.getLocationString() + ": "
					+ message.getMessage().replaceAll("\\s+", " "));
			}
			System.out.println((valid ? "ok - " : "not ok - ") + Path.of(file).getFileName() + " is valid FHIR R4");
			good = good && valid;
		}
		System.exit(good ? 0 : 1);
	}
}
