import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.jpa.subscription.match.registry.SubscriptionRegistry;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/**
 * No request before the client registry matches. Tomcat listens a moment before MDM has its subscription to patients, and
 * a patient written in that moment would never be linked: until then all that comes is told to come again (503).
 */
@Interceptor
public class MatchingReady {
	private static final String PATIENTS = "mdm-Patient"; // the name that MDM gives its subscription

	private final SubscriptionRegistry subscriptions;
	private volatile boolean ready;

	public MatchingReady(SubscriptionRegistry subscriptions) {
		this.subscriptions = subscriptions;
	}

	@Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_PROCESSED)
	public boolean admit(HttpServletRequest request, HttpServletResponse response) {
		ready = ready || subscriptions.get(PATIENTS) != null;
		if (!ready) {
			response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
			response.setHeader("Retry-After", "1");
		}
		return ready;
	}
}
