/* sentences_workflow: what page and terminal say about workflows, in English; see sentences_page.h. */
#ifndef HIEBOX_AGENT_SENTENCES_WORKFLOW_H
#define HIEBOX_AGENT_SENTENCES_WORKFLOW_H

#define WORKFLOW_SENTENCES(SENTENCE) \
	SENTENCE(PLAY_TITLE, "Workflows") \
	SENTENCE(PLAY_LEAD, \
		"Stories that this exchange can play. Each step is a real message; you see what was sent and what came back.") \
	SENTENCE(PLAY_NONE, "There are no workflows on this box.") \
	SENTENCE(PLAY_NAV, "Workflows") \
	SENTENCE(PLAY_DO, "Play") \
	SENTENCE(PLAY_OPEN, "Open") \
	SENTENCE(PLAY_AGAIN, "Play again") \
	SENTENCE(PLAY_UNKNOWN, "There is no workflow of that name on this box.") \
	SENTENCE(PLAY_WRONG_FILE, "Its file has mistakes: {1}") \
	SENTENCE(PLAY_NEEDS, "It needs {1}, which this box does not have.") \
	SENTENCE(PLAY_PLAYABLE, "can be played") \
	SENTENCE(PLAY_NOT_PLAYABLE, "cannot be played: {1}") \
	SENTENCE(PLAY_BUSY, "{1} other workflows are waiting to be played. Please try again in a moment.") \
	SENTENCE(PLAY_STARTED, "It begins.") \
	SENTENCE(PLAY_ACTORS, "Who takes part") \
	SENTENCE(PLAY_A_CLINIC, "A clinic") \
	SENTENCE(PLAY_STEP, "Step {1}") \
	SENTENCE(PLAY_CLEANUP, "Tidying up {1}") \
	SENTENCE(PLAY_WHO, "{1} → {2}") \
	SENTENCE(PLAY_WHO_VIA, "{1} → {3} → {2}") \
	SENTENCE(PLAY_VERDICT_PASSED, "passed") \
	SENTENCE(PLAY_VERDICT_FAILED, "failed") \
	SENTENCE(PLAY_VERDICT_SKIPPED, "skipped") \
	SENTENCE(PLAY_VERDICT_NOT_PLAYED, "not played") \
	SENTENCE(PLAY_PLAYING, "playing") \
	SENTENCE(PLAY_STOPPED, "It was stopped.") \
	SENTENCE(PLAY_SENT, "What was sent") \
	SENTENCE(PLAY_CAME, "What came back: {1}") \
	SENTENCE(PLAY_ON_MAP, "This message on the exchange map") \
	SENTENCE(PLAY_TOOK, "{1} ms") \
	SENTENCE(PLAY_TOOK_TRIES, "{1} ms, {2} tries") \
	SENTENCE(PLAY_CUT, "The rest is not shown: {1} in all.") \
	SENTENCE(PLAY_EXPECTED, "{1}: {2} was expected; {3} came.") \
	SENTENCE(PLAY_NOTHING, "nothing") \
	SENTENCE(PLAY_ANYTHING, "anything at all") \
	SENTENCE(PLAY_OTHER_THAN, "something other than {1}") \
	SENTENCE(PLAY_ONE_OF, "one of {1}") \
	SENTENCE(PLAY_HOLDING, "something that holds {1}") \
	SENTENCE(PLAY_MATCHING, "something that matches {1}") \
	SENTENCE(PLAY_COUNT, "a list of {1}") \
	SENTENCE(PLAY_AT_LEAST, "a list of at least {1}") \
	SENTENCE(PLAY_AT_MOST, "a list of at most {1}") \
	SENTENCE(PLAY_AT_STATUS, "the HTTP status") \
	SENTENCE(PLAY_AT_BODY, "the text of the answer") \
	SENTENCE(PLAY_AT_WHOLE, "the whole answer") \
	SENTENCE(PLAY_NO_ANSWER, "No answer came: {1}") \
	SENTENCE(PLAY_NO_CREDENTIAL, "Nothing was sent, because the credential {1} cannot be used: {2}") \
	SENTENCE(PLAY_NO_REQUEST, "The request could not be made: {1}") \
	SENTENCE(PLAY_TOO_LARGE, "The answer was larger than {1}, so it was not read.") \
	SENTENCE(PLAY_NO_JSON, "The answer is not JSON: {1}") \
	SENTENCE(PLAY_SAID, "The server said: {1}") \
	SENTENCE(PLAY_MISSING_VALUE, "An earlier step that was skipped would have given “{1}”.") \
	SENTENCE(PLAY_BREAK, "Break it, find out, mend it") \
	SENTENCE(PLAY_BREAK_LEAD, "Do this, play again, and look for the reason before you open the answer.") \
	SENTENCE(PLAY_BREAK_ANSWER, "What happens, and why") \
	SENTENCE(PLAY_BREAK_STEP, "The step “{1}” fails: {2}") \
	SENTENCE(PLAY_BREAK_MEND, "To mend it: {1}") \
	SENTENCE(PLAY_LAST, "Last played: {1}") \
	SENTENCE(PLAY_RESULT, "{1}: {2} ({3} ms)") \
	SENTENCE(PLAY_ADMIN, "Log in as administrator to play workflows and to see what they sent.")

#endif
