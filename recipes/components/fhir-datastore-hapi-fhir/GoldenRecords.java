import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.api.svc.IIdHelperService;
import ca.uhn.fhir.jpa.dao.tx.HapiTransactionService;
import ca.uhn.fhir.mdm.api.IMdmLinkExpandSvc;
import ca.uhn.fhir.mdm.api.IMdmLinkQuerySvc;
import ca.uhn.fhir.mdm.model.MdmTransactionContext;
import ca.uhn.fhir.mdm.svc.MdmSurvivorshipSvcImpl;
import ca.uhn.fhir.mdm.util.GoldenResourceHelper;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.Enumerations.AdministrativeGender;
import org.hl7.fhir.r4.model.Patient;
import org.springframework.beans.factory.annotation.Qualifier;

/**
 * What of the records of one person survives in the golden one. HAPI's own rule is "as the last record is", whatever that
 * record does not say is lost. Here: what is said last stands first, and nothing that was ever said is lost by silence.
 *  - sex, birth date, death, marital status: the last that is known; a birth date never becomes less exact;
 *  - names, telephones, addresses, languages, contacts: all that differ, the last record's first, at most LIST_MAX;
 *  - identifiers: the national one alone (HAPI's own work). A place's number stays on the place's record: "the Patient with
 *    this number" must be one, else that place's next conditional update has two to choose from and is refused.
 */
public class GoldenRecords extends MdmSurvivorshipSvcImpl {
	private static final int LIST_MAX = 12;

	private final IMdmLinkExpandSvc links;

	public GoldenRecords(FhirContext context, GoldenResourceHelper helper, DaoRegistry registry, IMdmLinkQuerySvc query,
			IIdHelperService<?> ids, HapiTransactionService transactions,
			@Qualifier("mdmLinkExpandSvc") IMdmLinkExpandSvc links) {
		super(context, helper, registry, query, ids, transactions);
		this.links = links;
	}

	@Override
	public <T extends IBase> void applySurvivorshipRulesToGoldenResource(T source, T golden, MdmTransactionContext work) {
		MdmTransactionContext.OperationType operation = work.getRestOperation();
		if (!(source instanceof Patient from) || !(golden instanceof Patient to) ||
				operation == MdmTransactionContext.OperationType.MERGE_GOLDEN_RESOURCES)
			super.applySurvivorshipRulesToGoldenResource(source, golden, work);
		else if (operation != MdmTransactionContext.OperationType.UPDATE_RESOURCE || belongs(from, to))
			survive(from, to);
	}

	/** HAPI hands in possible matches too when a record is updated: what may be another person's does not come in. */
	private boolean belongs(Patient from, Patient to) {
		if (!to.getIdElement().hasIdPart() || !from.getIdElement().hasIdPart())
			return true;
		return CrossReference.linked(links, from.getIdElement()).contains(to.getIdElement().getIdPart());
	}

	private static void survive(Patient from, Patient to) {
		to.setActive(true);
		if (from.hasGender() && from.getGender() != AdministrativeGender.UNKNOWN || !to.hasGender())
			to.setGenderElement(from.hasGender() ? from.getGenderElement().copy() : null);
		if (from.hasBirthDate() && (!to.hasBirthDate() ||
				from.getBirthDateElement().getPrecision().compareTo(to.getBirthDateElement().getPrecision()) >= 0))
			to.setBirthDateElement(from.getBirthDateElement().copy());
		if (from.hasDeceased())
			to.setDeceased(from.getDeceased().copy());
		if (from.hasMultipleBirth())
			to.setMultipleBirth(from.getMultipleBirth().copy());
		if (from.hasMaritalStatus())
			to.setMaritalStatus(from.getMaritalStatus().copy());
		to.setName(joined(from.getName(), to.getName()));
		to.setTelecom(joined(from.getTelecom(), to.getTelecom()));
		to.setAddress(joined(from.getAddress(), to.getAddress()));
		to.setContact(joined(from.getContact(), to.getContact()));
		to.setCommunication(joined(from.getCommunication(), to.getCommunication()));
		to.setGeneralPractitioner(joined(from.getGeneralPractitioner(), to.getGeneralPractitioner()));
	}

	@SuppressWarnings("unchecked")
	private static <E extends Base> List<E> joined(List<E> first, List<E> then) {
		List<E> all = new ArrayList<>();
		for (List<E> list : List.of(first, then))
			for (E one : list)
				if (all.size() < LIST_MAX && all.stream().noneMatch(other -> other.equalsDeep(one)))
					all.add((E) one.copy());
		return all;
	}
}
