/* sentences_map: what the exchange map says, in English. In MAP_DID_… {1} is who asks and {2} the place; in MAP_WHY_…
 * {3} is the status. */
#ifndef HIEBOX_AGENT_SENTENCES_MAP_H
#define HIEBOX_AGENT_SENTENCES_MAP_H

#define MAP_SENTENCES(SENTENCE) \
	SENTENCE(MAP_TITLE, "The exchange map") \
	SENTENCE(MAP_NAV, "Map") \
	SENTENCE(MAP_LEAD, \
		"The OpenHIE architecture as it runs on this box. Every message between these systems passes " \
		"through the interoperability layer, and you see each one travel: choose one below to read " \
		"what was said.") \
	SENTENCE(MAP_PICTURE, \
		"The OpenHIE architecture: points of service below, the interoperability layer in the " \
		"middle, registries and other services above. The table below says the same in words.") \
	SENTENCE(MAP_ROW_BUSINESS, "Business domain services") \
	SENTENCE(MAP_ROW_REGISTRIES, "Registry services") \
	SENTENCE(MAP_ROW_POINTS, "Point-of-service systems") \
	SENTENCE(MAP_LAYER, "Interoperability layer") \
	SENTENCE(MAP_TERMINOLOGY, "Terminology service") \
	SENTENCE(MAP_CLIENTS, "Client registry") \
	SENTENCE(MAP_RECORDS, "Shared health record") \
	SENTENCE(MAP_FACILITIES, "Facility registry") \
	SENTENCE(MAP_WORKERS, "Health worker registry") \
	SENTENCE(MAP_PRODUCTS, "Product catalogue") \
	SENTENCE(MAP_MANAGEMENT, "Health management information system") \
	SENTENCE(MAP_LOGISTICS, "Logistics management information system") \
	SENTENCE(MAP_FINANCE, "Finance and insurance service") \
	SENTENCE(MAP_OTHER, "Other systems") \
	SENTENCE(MAP_OTHERS, "Others") \
	SENTENCE(MAP_SOMEBODY, "Somebody unknown") \
	SENTENCE(MAP_ABSENT, "{1}: not on this box") \
	SENTENCE(MAP_PLAYED, "{1}: {2}. {3}") \
	SENTENCE(MAP_LEGEND, "What the signs mean") \
	SENTENCE(MAP_SIGN_PASSED, "Answered") \
	SENTENCE(MAP_SIGN_DECLINED, "The answer was no") \
	SENTENCE(MAP_SIGN_REFUSED, "Refused by the layer") \
	SENTENCE(MAP_SIGN_FAILED, "No answer") \
	SENTENCE(MAP_MESSAGES, "The last messages") \
	SENTENCE(MAP_COUNT, "{1} messages") \
	SENTENCE(MAP_NONE, "No message has passed yet. Send one, or play a workflow.") \
	SENTENCE(MAP_NO_LAYER, "The interoperability layer is not running, so no message passes.") \
	SENTENCE(MAP_UNREADABLE, "What the interoperability layer tells of its messages cannot be read.") \
	SENTENCE(MAP_NO_LAYER_HERE, "This box has no interoperability layer that tells the map of its messages.") \
	SENTENCE(MAP_LOGIN, \
		"Who asks whom is shown to the administrator alone. Log in under Administration, then come " \
		"back.") \
	SENTENCE(MAP_HEAD_TIME, "Time") \
	SENTENCE(MAP_HEAD_WHAT, "What happened") \
	SENTENCE(MAP_HEAD_BECAME, "What became of it") \
	SENTENCE(MAP_PRESENT, "Presenter mode") \
	SENTENCE(MAP_KEYS, "Space: pause. Arrows: the last messages. F: full screen.") \
	SENTENCE(MAP_PAUSED, "Paused") \
	SENTENCE(MAP_LOST, "The box does not answer. The map goes on as soon as it does.") \
	SENTENCE(MAP_ANSWERED, "It was answered.") \
	SENTENCE(MAP_WHY_DECLINED, "{2}: the answer was no (status {3}).") \
	SENTENCE(MAP_WHY_UNKNOWN, \
		"Refused by the interoperability layer: it does not know who is asking, or the password is " \
		"wrong.") \
	SENTENCE(MAP_WHY_NO_ROLE, "Refused by the interoperability layer: {1} has no right to this.") \
	SENTENCE(MAP_WHY_NO_CHANNEL, "Refused by the interoperability layer: no channel leads to this address.") \
	SENTENCE(MAP_WHY_UNREACHABLE, "{2}: it cannot be reached, so the message stopped there.") \
	SENTENCE(MAP_WHY_LATE, "{2}: it did not answer in time, so the message stopped there.") \
	SENTENCE(MAP_WHY_BROKEN, "{2}: it broke while answering (status {3}).") \
	SENTENCE(MAP_DID_FIND, "{1} asked the client registry who a person is.") \
	SENTENCE(MAP_DID_IDENTITY, "{1} asked under which numbers a person is known.") \
	SENTENCE(MAP_DID_MATCH, "{1} asked who may be the same person.") \
	SENTENCE(MAP_DID_STEWARD, "{1} looked after records that may be of the same person.") \
	SENTENCE(MAP_DID_REGISTER, "{1} registered a person, or what has changed about them.") \
	SENTENCE(MAP_DID_PERSON, "{1} read what is known of a person.") \
	SENTENCE(MAP_DID_SUMMARY, "{1} asked for a patient’s summary.") \
	SENTENCE(MAP_DID_EVERYTHING, "{1} asked for everything about a patient.") \
	SENTENCE(MAP_DID_BUNDLE, "{1} sent several records at once, as after a visit.") \
	SENTENCE(MAP_DID_ASK_VISITS, "{1} asked for visits.") \
	SENTENCE(MAP_DID_VISIT, "{1} saved a visit.") \
	SENTENCE(MAP_DID_ASK_ORDERS, "{1} asked for orders.") \
	SENTENCE(MAP_DID_ORDER, "{1} ordered a test.") \
	SENTENCE(MAP_DID_TASK, "{1} said how far an order is.") \
	SENTENCE(MAP_DID_ASK_RESULTS, "{1} asked for results.") \
	SENTENCE(MAP_DID_RESULT, "{1} sent a result.") \
	SENTENCE(MAP_DID_ASK_VACCINES, "{1} asked for vaccinations.") \
	SENTENCE(MAP_DID_VACCINE, "{1} saved a vaccination.") \
	SENTENCE(MAP_DID_FACILITY, "{1} looked up facilities.") \
	SENTENCE(MAP_DID_WORKER, "{1} looked up health workers.") \
	SENTENCE(MAP_DID_EXPAND, "{1} asked for the codes of a list.") \
	SENTENCE(MAP_DID_VALIDATE, "{1} asked whether a code is right.") \
	SENTENCE(MAP_DID_LOOKUP, "{1} asked what a code means.") \
	SENTENCE(MAP_DID_TRANSLATE, "{1} asked for a code in another system of codes.") \
	SENTENCE(MAP_DID_CODES, "{1} asked for lists of codes.") \
	SENTENCE(MAP_DID_METADATA, "{1} asked what a system can do ({2}).") \
	SENTENCE(MAP_DID_READ, "{1} asked for records ({2}).") \
	SENTENCE(MAP_DID_WRITE, "{1} sent a record ({2}).") \
	SENTENCE(MAP_DID_DELETE, "{1} deleted a record ({2}).") \
	SENTENCE(MAP_DID_OTHER, "{1} sent a message ({2}).") \
	SENTENCE(MAP_ASKED_NAME, "{1} asked the client registry who “{2}” is.") \
	SENTENCE(MAP_ASKED_NUMBER, "{1} asked the client registry whose number “{2}” is.") \
	SENTENCE(MAP_REGISTERED, "{1} registered “{2}”.") \
	SENTENCE(MAP_SENT, "It held: {1}.") \
	SENTENCE(MAP_FOUND_NONE, "The answer: nothing was found.") \
	SENTENCE(MAP_FOUND_ONE, "The answer: one was found.") \
	SENTENCE(MAP_FOUND_MANY, "The answer: {1} were found.") \
	SENTENCE(MAP_SECTIONS, "The answer: a summary with {1}.") \
	SENTENCE(MAP_CREATED, "It was saved as new.") \
	SENTENCE(MAP_REASON, "The reason given: {1}") \
	SENTENCE(MAP_TOOK, "It took {1} milliseconds.") \
	SENTENCE(MAP_MESSAGE, "A message") \
	SENTENCE(MAP_TO_MAP, "To the map") \
	SENTENCE(MAP_FHIR, "What was sent, and what came back") \
	SENTENCE(MAP_SENT_HEAD, "Sent") \
	SENTENCE(MAP_ANSWER_HEAD, "Answer") \
	SENTENCE(MAP_NO_BODY, "Nothing besides the address.") \
	SENTENCE(MAP_CUT, "Only its beginning is shown; it is {1} bytes long.") \
	SENTENCE(MAP_TRANSACTION, "The transaction") \
	SENTENCE(MAP_ADDRESS, "Address") \
	SENTENCE(MAP_STATUS, "Status") \
	SENTENCE(MAP_IHE, "IHE transaction") \
	SENTENCE(MAP_CHANNEL, "Channel") \
	SENTENCE(MAP_ROUTE, "Route") \
	SENTENCE(MAP_RECEIVED, "Received") \
	SENTENCE(MAP_LASTED, "Duration") \
	SENTENCE(MAP_MILLISECONDS, "{1} ms") \
	SENTENCE(MAP_NUMBER, "Number in OpenHIM") \
	SENTENCE(MAP_HEADERS, "Headers") \
	SENTENCE(MAP_IN_CONSOLE, "In the exchange console") \
	SENTENCE(MAP_NO_TRANSACTION, \
		"The interoperability layer let nothing through, so it kept no record of the content; who " \
		"tried is in its audits.") \
	SENTENCE(MAP_FORGOTTEN, "The interoperability layer has no record of this message any more.") \
	SENTENCE(MAP_NO_RECORD, \
		"The record of this message cannot be read: the interoperability layer does not answer, or " \
		"the message is too large to be shown.")

#endif
