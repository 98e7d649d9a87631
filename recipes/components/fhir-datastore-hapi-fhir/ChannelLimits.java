import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.server.IPreResourceShowDetails;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.ForbiddenOperationException;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;

/**
 * What comes through the channel of one registry stays in that registry, whatever a bundle, an _include or a _revinclude
 * says: one process holds them all, and the interoperability layer sees addresses, not what is in a body. The channel is
 * known by the base address that the layer says (X-Forwarded-Prefix), which a client cannot set. /fhir has no limits.
 */
@Interceptor
public class ChannelLimits {
	private static final Set<String> FACILITIES = Set.of("Location", "Organization", "HealthcareService", "Practitioner",
		"PractitionerRole", "Endpoint", "OrganizationAffiliation");
	private static final Set<String> TERMS = Set.of("CodeSystem", "ValueSet", "ConceptMap");
	private static final Map<String, Set<String>> OWN = Map.of("/CR/fhir", Set.of("Patient"), "/FR/fhir", FACILITIES,
		"/TS/fhir", TERMS);
	private static final Set<String> NOT_CLINICAL = Set.of("Patient", "StructureDefinition", "SearchParameter",
		"Subscription", "OperationDefinition", "CapabilityStatement");

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
			if (resource == null)
				continue;
			String type = resource.fhirType();
			boolean beside = channel.equals("/CR/fhir") && FACILITIES.contains(type); // managingOrganization and the like
			if (!OWN.get(channel).contains(type) && !beside)
				shown.setResource(i, null);
		}
	}

	private static void write(IBaseResource resource, RequestDetails request) {
		String channel = channel(request), type = resource.fhirType();
		boolean refused = channel.equals("/SHR/fhir") ? NOT_CLINICAL.contains(type) || FACILITIES.contains(type) || TERMS.contains(type)
			: OWN.containsKey(channel) && !OWN.get(channel).contains(type);
		if (refused)
			throw new ForbiddenOperationException(type + " is not written through " + channel);
	}

	private static String channel(RequestDetails request) {
		String base = request == null ? null : request.getFhirServerBase();
		if (base == null)
			return "";
		for (String known : new String[] { "/CR/fhir", "/SHR/fhir", "/FR/fhir", "/TS/fhir" })
			if (base.endsWith(known))
				return known;
		return "";
	}
}
