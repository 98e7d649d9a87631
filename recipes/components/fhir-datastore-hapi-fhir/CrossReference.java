import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.api.dao.IFhirResourceDao;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.mdm.api.IMdmLinkExpandSvc;
import ca.uhn.fhir.mdm.util.MdmResourceUtil;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.UriType;
import org.springframework.beans.factory.annotation.Autowired;

/**
 * IHE PIXm, Mobile Patient Identifier Cross-reference Query (ITI-83): Patient/$ihe-pix?sourceIdentifier=SYSTEM|VALUE and,
 * if wanted, targetSystem: the other numbers of a person, over the links of the client registry (MDM).
 * https://profiles.ihe.net/ITI/PIXm/ITI-83.html, whose cases of answers are numbered below.
 */
public class CrossReference {
	private static final int MATCHES_MAX = 100;

	private final IMdmLinkExpandSvc links;
	private final Set<String> systems; // known, even while no patient has a number of them
	@Autowired
	private DaoRegistry registry;

	public CrossReference(IMdmLinkExpandSvc links, Set<String> systems) {
		this.links = links;
		this.systems = Set.copyOf(systems);
	}

	@Operation(name = "$ihe-pix", typeName = "Patient", idempotent = true)
	public Parameters find(@OperationParam(name = "sourceIdentifier", min = 1, max = 1) StringType source,
			@OperationParam(name = "targetSystem", min = 0, max = OperationParam.MAX_UNLIMITED) List<UriType> targets,
			RequestDetails request) {
		TokenParam given = parse(source);
		Set<String> wanted = targets == null ? Set.of() : targets.stream().filter(UriType::hasValue)
			.map(UriType::getValue).collect(Collectors.toCollection(TreeSet::new));
		if (!knows(given.getSystem(), request)) // case 4
			throw refusal(400, OperationOutcome.IssueType.CODEINVALID, "sourceIdentifier Assigning Authority not found");
		for (String system : wanted)
			if (!knows(system, request)) // case 5
				throw refusal(403, OperationOutcome.IssueType.CODEINVALID, "targetSystem not found");
		List<Patient> found = search(given, MATCHES_MAX, request);
		if (found.isEmpty()) // case 3
			throw refusal(404, OperationOutcome.IssueType.NOTFOUND, "sourceIdentifier Patient Identifier not found");
		return answer(persons(found, request), given, wanted); // cases 1 and 2
	}

	/** The ids of the record and of all that are matched with it, golden ones too; of itself alone when none is. */
	static Set<String> linked(IMdmLinkExpandSvc links, IIdType patient) {
		RequestPartitionId all = RequestPartitionId.allPartitions();
		IIdType id = new IdType("Patient", patient.getIdPart());
		Set<String> found = new TreeSet<>(links.expandMdmBySourceResourceId(all, id));
		found.addAll(links.expandMdmByGoldenResourceId(all, id));
		Set<String> ids = found.stream().map(one -> new IdType(one).getIdPart())
			.collect(Collectors.toCollection(TreeSet::new));
		ids.add(patient.getIdPart());
		return ids;
	}

	private static TokenParam parse(StringType source) {
		String text = source == null || source.getValue() == null ? "" : source.getValue().trim();
		int bar = text.indexOf('|');
		if (bar < 1 || bar == text.length() - 1)
			throw refusal(400, OperationOutcome.IssueType.CODEINVALID,
				"sourceIdentifier Assigning Authority not found: expected sourceIdentifier=system|value");
		return new TokenParam(text.substring(0, bar), text.substring(bar + 1));
	}

	private List<Patient> search(TokenParam identifier, int most, RequestDetails request) {
		IFhirResourceDao<Patient> dao = registry.getResourceDao(Patient.class);
		SearchParameterMap search = new SearchParameterMap();
		search.add(Patient.SP_IDENTIFIER, identifier);
		search.setLoadSynchronousUpTo(most);
		return dao.search(search, request).getResources(0, Integer.MAX_VALUE).stream().filter(Patient.class::isInstance)
			.map(Patient.class::cast).collect(Collectors.toList());
	}

	private boolean knows(String system, RequestDetails request) {
		return systems.contains(system) || !search(new TokenParam(system, ""), 1, request).isEmpty();
	}

	/** The records of places, not the golden ones, of the persons whom the found records are of. */
	private List<Patient> persons(List<Patient> found, RequestDetails request) {
		IFhirResourceDao<Patient> dao = registry.getResourceDao(Patient.class);
		Set<String> ids = new TreeSet<>();
		for (Patient patient : found)
			if (!ids.contains(patient.getIdElement().getIdPart()))
				ids.addAll(linked(links, patient.getIdElement()));
		List<Patient> persons = new ArrayList<>();
		for (String id : ids) {
			Patient patient = dao.read(new IdType("Patient", id), request);
			if (!MdmResourceUtil.isGoldenRecord(patient))
				persons.add(patient);
		}
		return persons;
	}

	/** The number that was asked with is not repeated. */
	private static Parameters answer(List<Patient> persons, TokenParam given, Set<String> wanted) {
		Parameters answer = new Parameters();
		Set<String> told = new TreeSet<>();
		List<String> ids = new ArrayList<>();
		for (Patient patient : persons) {
			boolean matches = false;
			for (Identifier identifier : patient.getIdentifier()) {
				boolean same = given.getSystem().equals(identifier.getSystem()) && given.getValue().equals(identifier.getValue());
				if (same || !identifier.hasValue() || !identifier.hasSystem() ||
						!wanted.isEmpty() && !wanted.contains(identifier.getSystem()))
					continue;
				matches = true;
				if (told.add(identifier.getSystem() + '|' + identifier.getValue()))
					answer.addParameter().setName("targetIdentifier").setValue(new Identifier()
						.setUse(identifier.getUse()).setSystem(identifier.getSystem()).setValue(identifier.getValue()));
			}
			if (matches || wanted.isEmpty())
				ids.add("Patient/" + patient.getIdElement().getIdPart());
		}
		ids.forEach(id -> answer.addParameter().setName("targetId").setValue(new Reference(id)));
		return answer;
	}

	private static BaseServerResponseException refusal(int status, OperationOutcome.IssueType code, String text) {
		OperationOutcome outcome = new OperationOutcome();
		outcome.addIssue().setSeverity(OperationOutcome.IssueSeverity.ERROR).setCode(code).setDiagnostics(text);
		BaseServerResponseException refusal = BaseServerResponseException.newInstance(status, text);
		refusal.setOperationOutcome(outcome);
		return refusal;
	}
}
