import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeSearchParam;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.ips.api.IpsContext;
import ca.uhn.fhir.jpa.ips.api.IpsSectionContext;
import ca.uhn.fhir.jpa.ips.api.ISectionResourceSupplier;
import ca.uhn.fhir.jpa.ips.api.Section;
import ca.uhn.fhir.jpa.ips.jpa.DefaultJpaIpsGenerationStrategy;
import ca.uhn.fhir.jpa.ips.jpa.IJpaSectionSearchStrategy;
import ca.uhn.fhir.jpa.ips.jpa.JpaSectionSearchStrategyCollection;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.mdm.api.IMdmLinkExpandSvc;
import ca.uhn.fhir.model.api.ResourceMetadataKeyEnum;
import ca.uhn.fhir.model.valueset.BundleEntrySearchModeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.ReferenceOrListParam;
import ca.uhn.fhir.rest.param.ReferenceParam;
import ca.uhn.fhir.util.FhirTerser;
import ca.uhn.fhir.util.ResourceReferenceInfo;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Organization;
import org.springframework.beans.factory.annotation.Autowired;

/**
 * Patient/ID/$summary over all that the exchange knows of a person: HAPI's own searches the given record alone, and an
 * allergy that another clinic wrote to its record of the same person would go unseen. The records are those that the
 * client registry matched (MDM: MATCH, by rule or by a person); a possible match that nobody decided is not one.
 * In the document all entries are about the patient that was asked for.
 */
public class LinkedSummary extends DefaultJpaIpsGenerationStrategy {
	private static final String LINKED = "hiebox-linked-records";
	private static final String[] SUBJECTS = { "patient", "subject", "beneficiary" };
	private static final int ENTRIES_MAX = 500; // of one section and type

	private final IMdmLinkExpandSvc links;
	@Autowired
	private DaoRegistry registry;
	@Autowired
	private FhirContext context;

	public LinkedSummary(IMdmLinkExpandSvc links) {
		this.links = links;
	}

	@Override
	protected void addJpaSection(Section section, JpaSectionSearchStrategyCollection strategies) {
		addSection(section, new Supplier(strategies));
	}

	@Override
	public IBaseResource createAuthor() {
		Organization author = new Organization();
		author.setName("hiebox");
		author.setId(IdType.newRandomUuid());
		return author;
	}

	@Override
	public String createTitle(IpsContext summary) {
		return "Patient Summary as of " + LocalDate.now();
	}

	/** The asked record and those matched with it, as "Patient/ID"; asked for once in a summary. */
	private Set<String> records(IIdType patient, RequestDetails request) {
		Object known = request.getUserData().get(LINKED);
		if (known instanceof Records records && records.patient.equals(patient.getIdPart()))
			return records.references;
		Set<String> references = CrossReference.linked(links, patient).stream().map(id -> "Patient/" + id)
			.collect(Collectors.toCollection(TreeSet::new));
		request.getUserData().put(LINKED, new Records(patient.getIdPart(), references));
		return references;
	}

	private record Records(String patient, Set<String> references) {}

	private class Supplier implements ISectionResourceSupplier {
		private final JpaSectionSearchStrategyCollection strategies;

		Supplier(JpaSectionSearchStrategyCollection strategies) {
			this.strategies = strategies;
		}

		@Override
		public <T extends IBaseResource> List<ResourceEntry> fetchResourcesForSection(IpsContext summary,
				IpsSectionContext<T> section, RequestDetails request) {
			Class<T> type = section.getResourceType();
			IJpaSectionSearchStrategy<T> strategy = strategies.getSearchStrategy(type);
			Set<String> records = records(summary.getSubjectId(), request);
			ReferenceOrListParam subjects = new ReferenceOrListParam();
			records.forEach(record -> subjects.addOr(new ReferenceParam(record)));
			SearchParameterMap search = new SearchParameterMap();
			search.add(subject(type), subjects);
			strategy.massageResourceSearch(section, search);
			search.setLoadSynchronousUpTo(ENTRIES_MAX);
			List<ResourceEntry> entries = new ArrayList<>();
			for (IBaseResource found : registry.getResourceDao(type).search(search, request).getResources(0, Integer.MAX_VALUE)) {
				if (type.isInstance(found) && !strategy.shouldInclude(section, type.cast(found)))
					continue;
				readdress(found, records, summary.getSubjectId());
				boolean included = ResourceMetadataKeyEnum.ENTRY_SEARCH_MODE.get(found) == BundleEntrySearchModeEnum.INCLUDE;
				entries.add(new ResourceEntry(found, included ? InclusionTypeEnum.SECONDARY_RESOURCE
					: InclusionTypeEnum.PRIMARY_RESOURCE));
			}
			return entries;
		}
	}

	private String subject(Class<? extends IBaseResource> type) {
		Set<String> names = context.getResourceDefinition(type).getSearchParamsForCompartmentName("Patient").stream()
			.map(RuntimeSearchParam::getName).collect(Collectors.toSet());
		for (String name : SUBJECTS)
			if (names.contains(name))
				return name;
		return names.iterator().next();
	}

	/** A document is about one patient: references to the other records of the person become references to it. */
	private void readdress(IBaseResource resource, Set<String> records, IIdType patient) {
		FhirTerser terser = context.newTerser();
		for (ResourceReferenceInfo info : terser.getAllResourceReferences(resource)) {
			IIdType to = info.getResourceReference().getReferenceElement();
			if (to.hasIdPart() && records.contains(to.toUnqualifiedVersionless().getValue()))
				info.getResourceReference().setReference(patient.toUnqualifiedVersionless().getValue());
		}
	}
}
