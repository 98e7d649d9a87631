import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.mdm.api.IMdmSettings;
import ca.uhn.fhir.mdm.api.MdmConstants;
import ca.uhn.fhir.mdm.model.CanonicalEID;
import ca.uhn.fhir.mdm.util.EIDHelper;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * While a data set is made (make-seed.xml), and never on a box: the numbers that MDM gives people without a national one
 * are not random, so that the same data set gives the same bytes. Patients are put one at a time.
 */
public class SeedNumbers extends EIDHelper {
	private final AtomicInteger count = new AtomicInteger();

	public SeedNumbers(FhirContext context, IMdmSettings settings) {
		super(context, settings);
	}

	@Override
	public CanonicalEID createHapiEid() {
		byte[] name = ("hiebox seed " + count.incrementAndGet()).getBytes(StandardCharsets.UTF_8);
		return new CanonicalEID(MdmConstants.HAPI_ENTERPRISE_IDENTIFIER_SYSTEM, UUID.nameUUIDFromBytes(name).toString(), null);
	}
}
