/* Inside the room: every text that the page of a report says itself, in its languages. {1}, {2}, … are what is said. */
#ifndef HIEBOX_PROOF_HTML_WORDS_H
#define HIEBOX_PROOF_HTML_WORDS_H

/* name, English, French */
#define HTML_WORDS(X) \
	X(SKIP_LINK, "Skip to the verdict", "Aller au verdict") \
	X(CONTENTS, "Contents", "Sommaire") \
	X(LABEL, "{1}: ", "{1} : ") \
	X(HEAD_PASSED, "{1} passed the test", "{1} a réussi le test") \
	X(HEAD_FAILED, "{1} failed the test: {2} of {3} went wrong", "{1} a échoué au test : {2} sur {3} en échec") \
	X(HEAD_ERROR, "{1} could not be tested to the end", "{1} n’a pas pu être testé jusqu’au bout") \
	X(NAMELESS, "This exchange", "Cet échange") \
	X(LEAD, "Workflows: {1}. Checks of the image: {2}.", "Scénarios : {1}. Contrôles de l’image : {2}.") \
	X(PASSED, "passed", "réussi") \
	X(FAILED, "failed", "échoué") \
	X(SKIPPED, "skipped", "ignoré") \
	X(ERROR, "could not be tried", "n’a pas pu être tenté") \
	X(NOT_PLAYED, "not played", "non joué") \
	X(HOW, "Tested", "Testé") \
	X(VERSION, "Version", "Version") \
	X(BEGAN, "Began", "Début") \
	X(TOOK, "Took", "Durée") \
	X(HEALTHY, "Healthy after", "En bonne santé après") \
	X(NEVER, "never", "jamais") \
	X(SECONDS, "{1} s", "{1} s") \
	X(MILLISECONDS, "{1} ms", "{1} ms") \
	X(TRIES, "{1} tries", "{1} essais") \
	X(FIRST, "What failed first", "Ce qui a échoué en premier") \
	X(BROKE, "The test broke off: {1}", "Le test s’est interrompu : {1}") \
	X(LAST, "What happened last", "Ce qui s’est passé en dernier") \
	X(IN_WORKFLOW, "In the workflow “{1}”, step {2}:", "Dans le scénario « {1} », étape {2} :") \
	X(IN_CHECK, "The check “{1}”:", "Le contrôle « {1} » :") \
	X(WORKFLOWS, "Workflows", "Scénarios") \
	X(NO_WORKFLOWS, "No workflow was played.", "Aucun scénario n’a été joué.") \
	X(STEPS, "Steps: {1}", "Étapes {1}") \
	X(SOME_PASSED, "{1} passed", "réussies : {1}") \
	X(SOME_FAILED, "{1} failed", "échouées : {1}") \
	X(SOME_SKIPPED, "{1} skipped", "ignorées : {1}") \
	X(SOME_NOT_PLAYED, "{1} not played", "non jouées : {1}") \
	X(BEFORE, "Before the first step", "Avant la première étape") \
	X(CLEANUP, "Cleanup", "Nettoyage") \
	X(REQUEST, "Request: {1} {2}", "Requête : {1} {2}") \
	X(ANSWER, "Answer: {1}", "Réponse : {1}") \
	X(CUT, "({1} bytes in all; the rest was not kept)", "({1} octets en tout ; le reste n’a pas été gardé)") \
	X(OUTCOME, "The server said: {1}", "Le serveur a dit : {1}") \
	X(NEEDS, "The exchange has no {1}.", "L’échange n’a pas de {1}.") \
	X(VARIABLE, "No step kept {1}.", "Aucune étape n’a gardé {1}.") \
	X(STOPPED, "The run was stopped before its end.", "Le scénario a été arrêté avant sa fin.") \
	X(MORE_FAILURES, "and {1} more", "et {1} autres") \
	X(CHECKS, "Checks of the image", "Contrôles de l’image") \
	X(NO_CHECKS, "The image itself was not checked.", "L’image elle-même n’a pas été contrôlée.") \
	X(DETAIL, "Details", "Détails") \
	X(COVERAGE, "Coverage", "Couverture") \
	X(COVERED, "The OpenHIE architecture specification 4.0 has {1} requirements: {2} passed, {3} failed, {4} skipped, {5} in no workflow.", \
	  "La spécification d’architecture OpenHIE 4.0 a {1} exigences : {2} réussies, {3} échouées, {4} ignorées, {5} dans aucun scénario.") \
	X(COVERED_ROW, "Requirements", "Exigences") \
	X(COVERED_PASSED, "Passed", "Réussies") \
	X(COVERED_FAILED, "Failed", "Échouées") \
	X(COVERED_SKIPPED, "Skipped", "Ignorées") \
	X(COVERED_NOT, "Not shown", "Non montrées") \
	X(OTHERS, "Others", "Autres") \
	X(FAMILY_IOL, "Interoperability layer", "Couche d’interopérabilité") \
	X(FAMILY_CR, "Client registry", "Registre des patients") \
	X(FAMILY_FR, "Facility registry", "Registre des établissements") \
	X(FAMILY_HWR, "Health worker registry", "Registre des personnels de santé") \
	X(FAMILY_SHR, "Shared health record", "Dossier de santé partagé") \
	X(FAMILY_TS, "Terminology service", "Service de terminologie") \
	X(FAMILY_HMIS, "Health management information system", "Système d’information sanitaire") \
	X(FAMILY_HF, "Health financing", "Financement de la santé") \
	X(FAMILY_NFR, "Non-functional", "Non fonctionnelles") \
	X(NONE, "none", "aucune") \
	X(BOOT, "Boot", "Démarrage") \
	X(BOOT_NOTE, "Each bar runs from when a service begins to when it is ready; the whole width is {1} seconds.", \
	  "Chaque barre va du début d’un service jusqu’à ce qu’il soit prêt ; toute la largeur fait {1} secondes.") \
	X(SERVICE, "Service", "Service") \
	X(BAR, "From begin to ready", "Du début à prêt") \
	X(BAR_SAID, "{1} to {2} seconds", "de {1} à {2} secondes") \
	X(BAR_NEVER, "began at {1} seconds, never ready", "début à {1} secondes, jamais prêt") \
	X(READY, "Ready after", "Prêt après") \
	X(MEMORY, "Memory", "Mémoire") \
	X(MEMORY_NOTE, "What the services’ processes held at the end, {1} in all. What several share is divided among them; files in the cache are not counted.", \
	  "Ce que les processus des services occupaient à la fin, {1} en tout. Ce que plusieurs partagent est divisé entre eux ; les fichiers en cache ne comptent pas.") \
	X(SHARE, "Beside the largest", "Par rapport au plus grand") \
	X(MEMORY_SAID, "{1} percent of the largest", "{1} pour cent du plus grand") \
	X(JOURNALS, "Journals of failed services", "Journaux des services en échec") \
	X(NO_JOURNAL, "Its journal could not be read.", "Son journal n’a pas pu être lu.") \
	X(LEFT, "What was left behind", "Ce qui est resté") \
	X(LEFT_NOTE, "The test wrote this and did not remove it.", "Le test a écrit cela et ne l’a pas enlevé.") \
	X(FOOTER, "Made by hiebox {1}. The page is one file, without scripts, and asks nobody anything.", \
	  "Fait par hiebox {1}. La page est un seul fichier, sans script, et ne demande rien à personne.")

#define HTML_WORD_ENTRY(name, english, french) WORD_##name,
enum html_word { HTML_WORDS(HTML_WORD_ENTRY) HTML_WORD_COUNT };
#undef HTML_WORD_ENTRY

#endif
