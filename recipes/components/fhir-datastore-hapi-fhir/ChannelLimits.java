import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.server.IPreResourceShowDetails;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.ForbiddenOperationException;
import ca.uhn.fhir.util.UrlUtil;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.instance.model.api.IBaseResource;

/**
 * What comes through the channel of one registry stays in that registry, whatever a bundle, an _include, a _revinclude or a
 * _has says, and however an address is written: one process holds them all, and the interoperability layer sees addresses,
 * not what is in a body. It says which channel it is (X-Forwarded-Prefix) and which roles who asks has (X-Hie-Roles); a
 * client can set neither. What comes without, from the box itself or through a channel that somebody added, has no limits.
 */
@Interceptor
public class ChannelLimits {
	private static final String PATIENTS = "/CR/fhir", RECORDS = "/SHR/fhir", ALL = "/fhir", STEWARD = "registry-steward";
	private static final Set<String> FACILITIES = Set.of("Location", "Organization", "HealthcareService", "Practitioner",
		"PractitionerRole", "Endpoint", "OrganizationAffiliation");
	private static final Set<String> TERMS = Set.of("CodeSystem", "ValueSet", "ConceptMap");
	private static final Map<String, Set<String>> OWN = Map.of(PATIENTS, Set.of("Patient"), "/FR/fhir", FACILITIES,
		"/TS/fhir", TERMS);
	private static final Set<String> DEFINITIONS = Set.of("StructureDefinition", "SearchParameter", "Subscription",
		"OperationDefinition", "CapabilityStatement");
	private static final Set<String> OPERATIONS = Set.of("$summary", "$everything", "$lastn", "$document", "$validate", "$meta",
		"$match", "$ihe-pix", "$expand", "$validate-code", "$lookup", "$translate");
	private static final Set<String> DECISIONS = Set.of("$mdm-query-links", "$mdm-update-link", "$mdm-create-link",
		"$mdm-duplicate-golden-resources", "$mdm-not-duplicate", "$mdm-merge-golden-resources");

	private static final Pattern TYPE = Pattern.compile(":([A-Z][A-Za-z]*)");

	/** In a bundle, each question comes by here as well. */
	@Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLED)
	public void operation(RequestDetails request) {
		String channel = channel(request), operation = request.getOperation();
		if (channel.isEmpty() || operation == null || !operation.startsWith("$") || OPERATIONS.contains(operation))
			return;
		if (!channel.equals(PATIENTS) || !DECISIONS.contains(operation))
			throw new ForbiddenOperationException(operation + " is not asked through " + channel);
	}

	/**
	 * A question by what a registry does not show tells what is in it: of the patients those that _has an Observation of a
	 * kind. Each name of a parameter that leads to other resources says their type ("_has:TYPE:…", "link:TYPE.name").
	 */
	@Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLED)
	public void question(RequestDetails request) {
		String channel = channel(request);
		if (!OWN.containsKey(channel))
			return;
		String condition = request.getHeader(Constants.HEADER_IF_NONE_EXIST); // the same, of a conditional create
		Set<String> names = new TreeSet<>();
		if (condition != null)
			names.addAll(UrlUtil.parseQueryString(condition.substring(condition.indexOf('?') + 1)).keySet());
		if (request.getParameters() != null)
			names.addAll(request.getParameters().keySet());
		for (String name : names)
			for (Matcher type = TYPE.matcher(name); type.find();)
				if (!shows(channel, type.group(1)))
					throw new ForbiddenOperationException(type.group(1) + " is not asked for through " + channel);
	}

	@Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_CREATED)
	public void create(IBaseResource resource, RequestDetails request) {
		write(resource, request);
	}

	@Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_UPDATED)
	public void update(IBaseResource before, IBaseResource after, RequestDetails request) {
		write(after, request);
	}

	@Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_DELETED)
	public void delete(IBaseResource resource, RequestDetails request) {
		write(resource, request);
	}

	@Hook(Pointcut.STORAGE_PRESHOW_RESOURCES)
	public void show(IPreResourceShowDetails shown, RequestDetails request) {
		String channel = channel(request);
		if (!OWN.containsKey(channel))
			return;
		for (int i = 0; i < shown.size(); i++) {
			IBaseResource resource = shown.getResource(i);
			if (resource != null && !shows(channel, resource.fhirType()))
				shown.setResource(i, null);
		}
	}

	/** Beside patients stand managingOrganization and the like. */
	private static boolean shows(String channel, String type) {
		return OWN.get(channel).contains(type) || channel.equals(PATIENTS) && FACILITIES.contains(type);
	}

	private static void write(IBaseResource resource, RequestDetails request) {
		String channel = channel(request), type = resource.fhirType();
		if (!channel.isEmpty() && !writable(channel, type, request))
			throw new ForbiddenOperationException(type + " is not written through " + channel);
	}

	private static boolean writable(String channel, String type, RequestDetails request) {
		if (OWN.containsKey(channel))
			return OWN.get(channel).contains(type);
		if (DEFINITIONS.contains(type))
			return false;
		if (FACILITIES.contains(type) || TERMS.contains(type))
			return channel.equals(ALL) && steward(request);
		return !channel.equals(RECORDS) || !type.equals("Patient");
	}

	private static boolean steward(RequestDetails request) {
		String roles = request.getHeader("X-Hie-Roles");
		return roles != null && List.of(roles.split(",")).contains(STEWARD);
	}

	/** One of the box's own channels, or "". */
	private static String channel(RequestDetails request) {
		String prefix = request == null ? null : request.getHeader("X-Forwarded-Prefix");
		return prefix != null && (OWN.containsKey(prefix) || prefix.equals(RECORDS) || prefix.equals(ALL)) ? prefix : "";
	}
}
