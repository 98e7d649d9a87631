/* sentences_page: what the page says, in English: the name and the text of each, for the two places that
 * sentences.h and sentences.c make of them. */
#ifndef HIEBOX_AGENT_SENTENCES_PAGE_H
#define HIEBOX_AGENT_SENTENCES_PAGE_H

#define PAGE_SENTENCES(SENTENCE) \
	SENTENCE(PAGE_NAVIGATION, "Pages of this box") \
	SENTENCE(PAGE_LANGUAGES, "Language") \
	SENTENCE(PAGE_SKIP, "Skip to the content") \
	SENTENCE(PAGE_TO_OVERVIEW, "To the overview") \
	SENTENCE(PAGE_BACK, "Back") \
	SENTENCE(PAGE_FOOTER, "hiebox, recipe “{1}”, program {2}. Nothing on this page comes from the internet.") \
	SENTENCE(PAGE_DONE, "Done.") \
	SENTENCE(PAGE_NOT_DONE, "Not done.") \
	SENTENCE(PAGE_NOBODY_ANSWERS, \
		"The box’s own supervision does not answer at the moment. Wait half a minute and try again.") \
	SENTENCE(PAGE_REFUSED, "The box refused this.") \
	SENTENCE(PAGE_TITLE_EXCHANGE, "Health information exchange") \
	SENTENCE(PAGE_TITLE_BOX, "This box") \
	SENTENCE(PAGE_WHAT_EXCHANGE, \
		"This box is a complete health information exchange: clinics and hospitals send their messages to " \
		"one interoperability layer, which checks who is asking, keeps a record and passes them on. It " \
		"needs no internet.") \
	SENTENCE(PAGE_WHAT_BOX, \
		"This box runs by itself, without internet. No health information exchange is installed on it; " \
		"below is what it has.") \
	SENTENCE(PAGE_MODE_TRAINING, \
		"Training box: its passwords are shown on this page. Never enter data of real people.") \
	SENTENCE(PAGE_MODE_DEVELOPMENT, "Development box: not for data of real people.") \
	SENTENCE(PAGE_STATE, "State of the box") \
	SENTENCE(PAGE_STATE_OK, "Running") \
	SENTENCE(PAGE_STATE_STARTING, "Starting") \
	SENTENCE(PAGE_STATE_DEGRADED, "Needs attention") \
	SENTENCE(PAGE_STATE_FAILED, "Not running") \
	SENTENCE(PAGE_AS_OF, "As of {1}") \
	SENTENCE(PAGE_STALE, "Last known at {1}; the supervision of the box does not answer.") \
	SENTENCE(PAGE_RESCUE, "The box is in rescue mode.") \
	SENTENCE(PAGE_RESCUE_WHAT, "No part of the exchange is running, and nothing is being stored.") \
	SENTENCE(PAGE_RESCUE_DO, \
		"Switch the box off and on once. If this comes back, do not go on working with it: call the person " \
		"who looks after it. The start menu also offers a reset; a reset erases all data.") \
	SENTENCE(PAGE_STORAGE, "Storage") \
	SENTENCE(PAGE_STORAGE_FREE, "{1} of {2} free") \
	SENTENCE(PAGE_MEMORY, "Memory") \
	SENTENCE(PAGE_MEMORY_FREE, "{1} of {2} available") \
	SENTENCE(PAGE_TEMPERATURE, "Temperature") \
	SENTENCE(PAGE_DEGREES, "{1} °C") \
	SENTENCE(PAGE_LAST_BACKUP, "Last backup") \
	SENTENCE(PAGE_LAST_BACKUP_NONE, "none yet") \
	SENTENCE(PAGE_CLOCK, "Clock") \
	SENTENCE(PAGE_CLOCK_IS, "{1} ({2})") \
	SENTENCE(PAGE_DECIMAL, ".") \
	SENTENCE(PAGE_GIGABYTES, "{1} GB") \
	SENTENCE(PAGE_MEGABYTES, "{1} MB") \
	SENTENCE(PAGE_NEXT, "What to do next") \
	SENTENCE(PAGE_STEP_PHONE, "Open this page on your phone") \
	SENTENCE(PAGE_STEP_PHONE_TEXT, \
		"Join the same network and type {1}.local, or one of the addresses below, into the browser.") \
	SENTENCE(PAGE_STEP_TRUST, "Make your device trust this box") \
	SENTENCE(PAGE_STEP_TRUST_TEXT, \
		"Install the certificate below once, and the browser no longer warns about secure pages.") \
	SENTENCE(PAGE_STEP_CARE, "Look after the box") \
	SENTENCE(PAGE_STEP_CARE_TEXT, \
		"Under Administration you set the clock of {1}, make backups and change the password.") \
	SENTENCE(PAGE_LOGINS, "Who can log in") \
	SENTENCE(PAGE_LOGINS_TEXT, "Every box makes its own passwords at its first start; there is no default one.") \
	SENTENCE(PAGE_LOGINS_HIDDEN, \
		"Passwords are not shown here. Whoever looks after the box sees them on it with {1}.") \
	SENTENCE(PAGE_LOGINS_LATER, "The passwords cannot be read at the moment. On the box itself {1} shows them.") \
	SENTENCE(PAGE_LOGINS_FOREIGN, \
		"The passwords are shown when this page is opened by the box’s own name or address; on the box " \
		"itself {1} shows them.") \
	SENTENCE(PAGE_WHO, "Who") \
	SENTENCE(PAGE_USER, "User") \
	SENTENCE(PAGE_PASSWORD, "Password") \
	SENTENCE(PAGE_PLACES, "Where things are") \
	SENTENCE(PAGE_THIS_PAGE, "This page") \
	SENTENCE(PAGE_CERTIFICATE, "Certificate") \
	SENTENCE(PAGE_CERTIFICATE_TEXT, \
		"For secure pages the browser warns, because this box signed its certificate itself. Whoever uses " \
		"the box often installs its authority once; do so only for a box that you know.") \
	SENTENCE(PAGE_CERTIFICATE_GET, "Get the certificate (ca.crt)") \
	SENTENCE(PAGE_CERTIFICATE_HOW, "How to install it") \
	SENTENCE(PAGE_ANDROID, "Android") \
	SENTENCE(PAGE_ANDROID_HOW, \
		"Settings, Security, More security settings, Encryption and credentials, Install a certificate, CA " \
		"certificate; then choose ca.crt.") \
	SENTENCE(PAGE_IPHONE, "iPhone, iPad") \
	SENTENCE(PAGE_IPHONE_HOW, \
		"Open ca.crt in Safari and allow it. Then Settings, Profile Downloaded, Install; last, Settings, " \
		"General, About, Certificate Trust Settings: switch it on.") \
	SENTENCE(PAGE_WINDOWS, "Windows") \
	SENTENCE(PAGE_WINDOWS_HOW, \
		"Open ca.crt, Install Certificate, Local Machine, “Place all certificates in the following store”: " \
		"Trusted Root Certification Authorities.") \
	SENTENCE(PAGE_MACOS, "macOS") \
	SENTENCE(PAGE_MACOS_HOW, \
		"Open ca.crt in Keychain Access, keychain System; open the certificate there, and under Trust " \
		"choose Always Trust.") \
	SENTENCE(PAGE_LINUX, "Linux") \
	SENTENCE(PAGE_LINUX_HOW, \
		"Copy ca.crt to /usr/local/share/ca-certificates/ and run sudo update-ca-certificates; Firefox: " \
		"Settings, Certificates, Authorities, Import.") \
	SENTENCE(PAGE_CARE, "Good to know") \
	SENTENCE(PAGE_NOTICES, \
		 "Works of others in the data") \
	SENTENCE(PAGE_CARE_OFF, \
		"You may switch the box off at any time, even by pulling the plug. It starts again by itself.") \
	SENTENCE(PAGE_CARE_TRAINING, \
		"Mode: training. Passwords are shown and this page is also served without encryption, so keep the " \
		"box on a network of your own.") \
	SENTENCE(PAGE_CARE_DEVELOPMENT, \
		"Mode: development. More doors are open than in a clinic; keep the box on a network of your own.") \
	SENTENCE(PAGE_CARE_PRODUCTION, \
		"Mode: production. Passwords are never shown, and everything is encrypted on its way.") \
	SENTENCE(PAGE_CONNECT, "Connect my program") \
	SENTENCE(PAGE_CONNECT_LEAD, \
		"For developers of mediators and point-of-service systems: where to send messages, a first request " \
		"in your language, and a channel and a client of your own.") \
	SENTENCE(PAGE_NO_EXCHANGE, \
		"No interoperability layer is installed on this box, so there is nothing to connect to.") \
	SENTENCE(PAGE_CONNECT_WHERE, "Addresses") \
	SENTENCE(PAGE_CONNECT_HTTP, "Messages (http)") \
	SENTENCE(PAGE_CONNECT_HTTPS, "Messages (https)") \
	SENTENCE(PAGE_CONNECT_HEALTH, "Is it alive?") \
	SENTENCE(PAGE_CONNECT_API, "API of the interoperability layer") \
	SENTENCE(PAGE_CONNECT_TRY, "A first request") \
	SENTENCE(PAGE_CONNECT_TRY_TEXT, \
		"Each line asks the exchange for patients. Status 200 means it works; 401 means that user or " \
		"password is wrong.") \
	SENTENCE(PAGE_CONNECT_REGISTER, "Register as a mediator") \
	SENTENCE(PAGE_CONNECT_REGISTER_TEXT, \
		"A program can also introduce itself to OpenHIM; it then appears there with its state. With the " \
		"login of the OpenHIM administrator:") \
	SENTENCE(PAGE_CONNECT_REGISTER_1, \
		"At its start it sends its description (urn, version, name, default channels, endpoints) with {1}.") \
	SENTENCE(PAGE_CONNECT_REGISTER_2, "Every ten seconds it says that it is alive with {1} and {2}.") \
	SENTENCE(PAGE_MAKE, "A channel and a client for me") \
	SENTENCE(PAGE_MAKE_TEXT, \
		"The exchange passes on to your program what arrives at its path, and your program gets a user and " \
		"a password of its own. Nothing that exists is changed.") \
	SENTENCE(PAGE_MAKE_LOGIN, "Log in to make them (https)") \
	SENTENCE(PAGE_MAKE_NAME, "Name (small letters, digits and -)") \
	SENTENCE(PAGE_MAKE_HOST, "Where your program runs (name or address)") \
	SENTENCE(PAGE_MAKE_PORT, "Port") \
	SENTENCE(PAGE_MAKE_PATH, "Path that belongs to it") \
	SENTENCE(PAGE_MAKE_DO, "Make channel and client") \
	SENTENCE(PAGE_MADE_DONE, "The channel and the client were made. The password is shown this once.") \
	SENTENCE(PAGE_MADE, "Channel {1}, user {2}, password {3}. Try it:") \
	SENTENCE(PAGE_ADMIN, "Administration") \
	SENTENCE(PAGE_LOGIN, "Log in") \
	SENTENCE(PAGE_LOGIN_TEXT, \
		"With the administrator’s password of this box. Who looks after the box sees it on it with {1}.") \
	SENTENCE(PAGE_LOGIN_TRAINING, \
		"With the administrator’s password of this box. It is on the overview page, and {1} shows it on the" \
		" box.") \
	SENTENCE(PAGE_LOGIN_DO, "Log in") \
	SENTENCE(PAGE_LOGIN_OVER, "Your session is over. Log in again under Administration.") \
	SENTENCE(PAGE_LOGOUT, "Log out") \
	SENTENCE(PAGE_NEED_HTTPS, \
		"Administration works over an encrypted connection only, so that nobody on the network can read the" \
		" password.") \
	SENTENCE(PAGE_NEED_HTTPS_WARNING, \
		"The browser will warn, because it does not know this box’s certificate yet. On a network that you " \
		"know you may go on, or first install the certificate from the overview.") \
	SENTENCE(PAGE_NEED_HTTPS_GO, "Go on encrypted (https)") \
	SENTENCE(PAGE_CLOCK_TEXT, \
		"A wrong clock makes certificates and records wrong. Type the present date and time.") \
	SENTENCE(PAGE_CLOCK_NEW, "Date and time (year-month-day hour:minute)") \
	SENTENCE(PAGE_CLOCK_DO, "Set the clock") \
	SENTENCE(PAGE_CLOCK_DONE, "The clock is set.") \
	SENTENCE(PAGE_CLOCK_WRONG, "This is no date and time that can be right. Write it like 2030-01-31 14:05.") \
	SENTENCE(PAGE_RESTART, "Components") \
	SENTENCE(PAGE_RESTART_TEXT, "Read what a component wrote, or restart it; what is stored stays.") \
	SENTENCE(PAGE_RESTART_ONE, "Restart: {1}") \
	SENTENCE(PAGE_RESTART_DO, "Restart") \
	SENTENCE(PAGE_RESTART_DONE, "The component is being restarted.") \
	SENTENCE(PAGE_NO_COMPONENT, "There is no such component.") \
	SENTENCE(PAGE_LOG, "Log") \
	SENTENCE(PAGE_LOG_ONE, "Log: {1}") \
	SENTENCE(PAGE_CHANGE, "Administrator’s password") \
	SENTENCE(PAGE_CHANGE_TEXT, "Ends all other sessions.") \
	SENTENCE(PAGE_CHANGE_OLD, "Present password") \
	SENTENCE(PAGE_CHANGE_NEW, "New password") \
	SENTENCE(PAGE_CHANGE_AGAIN, "New password again") \
	SENTENCE(PAGE_CHANGE_DO, "Change the password") \
	SENTENCE(PAGE_CHANGE_DONE, "The password is changed.") \
	SENTENCE(PAGE_CHANGE_DIFFER, "The two are not the same.") \
	SENTENCE(PAGE_RESET, "Start as new") \
	SENTENCE(PAGE_RESET_TEXT, \
		"Everything that was entered is erased, new keys and passwords are made, and the box restarts. This" \
		" cannot be undone.") \
	SENTENCE(PAGE_RESET_NAME, "To confirm, type the name of the box: {1}") \
	SENTENCE(PAGE_RESET_FIELD, "Name of the box") \
	SENTENCE(PAGE_RESET_DO, "Erase everything and restart") \
	SENTENCE(PAGE_RESET_DONE, \
		"The box restarts and will be as new. This takes a minute or two; then open the overview again.") \
	SENTENCE(PAGE_RESET_WRONG, "The name does not match, so nothing was done.") \
	SENTENCE(PAGE_FRESH, "Patients as at the start") \
	SENTENCE(PAGE_FRESH_TEXT, \
		"For the next class: patients and records as at the first start, the record of messages empty. Passwords and" \
		" certificates stay.") \
	SENTENCE(PAGE_FRESH_OPEN, "Set patients back") \
	SENTENCE(PAGE_FRESH_ASK, \
		"All patients, visits and results that were entered since the first start will be deleted, and so will the" \
		" record of messages. This cannot be undone.") \
	SENTENCE(PAGE_FRESH_DO, "Delete them and set back") \
	SENTENCE(PAGE_FRESH_DONE, \
		"Patients and records are being set back. For about half a minute nothing answers; then all is as at the" \
		" first start.") \
	SENTENCE(PAGE_BACKUP, "Backups") \
	SENTENCE(PAGE_BACKUP_TEXT, \
		"Save everything on this box to a stick, encrypted, and bring it back on this or another box.") \
	SENTENCE(PAGE_BACKUP_OPEN, "Open backups") \
	SENTENCE(PAGE_BACKUP_NEW, "Make a backup") \
	SENTENCE(PAGE_BACKUP_PASSPHRASE, \
		"The box keeps working meanwhile. The passphrase encrypts the backup: without it nobody can read " \
		"it, not even you.") \
	SENTENCE(PAGE_BACKUP_TARGET, "Where to") \
	SENTENCE(PAGE_BACKUP_FREE, "{1} free") \
	SENTENCE(PAGE_BACKUP_NOWHERE, "No stick is plugged in. Plug one in and open this page again.") \
	SENTENCE(PAGE_BACKUP_DO, "Make the backup") \
	SENTENCE(PAGE_BACKUP_LINE, "{1}, {2}, on {3}") \
	SENTENCE(PAGE_BACKUPS, "Backups found") \
	SENTENCE(PAGE_BACKUPS_NONE, "There are none yet.") \
	SENTENCE(PAGE_PASSPHRASE, "Passphrase") \
	SENTENCE(PAGE_PASSPHRASE_AGAIN, "Passphrase again") \
	SENTENCE(PAGE_PASSPHRASE_SHORT, "The passphrase needs at least eight characters.") \
	SENTENCE(PAGE_JOB, "Progress") \
	SENTENCE(PAGE_JOB_RUNNING, "{1} % done. This page renews itself.") \
	SENTENCE(PAGE_RESTORE, "Restore a backup") \
	SENTENCE(PAGE_RESTORE_ONE, "Restore {1}") \
	SENTENCE(PAGE_RESTORE_OPEN, "Restore …") \
	SENTENCE(PAGE_RESTORE_TEXT, "Everything on this box is replaced by what is in {1}.") \
	SENTENCE(PAGE_RESTORE_DO, "Replace everything") \
	SENTENCE(PAGE_MISSING, "There is no such page") \
	SENTENCE(PAGE_MISSING_TEXT, "Perhaps the address was mistyped.") \
	SENTENCE(PAGE_METHOD, "This cannot be done here") \
	SENTENCE(PAGE_METHOD_TEXT, "The page does not know what to do with this kind of request.") \
	SENTENCE(PAGE_TOO_LONG, "Too much was sent") \
	SENTENCE(PAGE_TOO_LONG_TEXT, "The request was longer than this page ever needs, so it was not read.") \
	SENTENCE(PAGE_BAD, "The request was not understood") \
	SENTENCE(PAGE_BAD_TEXT, "The browser sent something that this page cannot read.") \
	SENTENCE(PAGE_BROKEN, "The page could not be made") \
	SENTENCE(PAGE_BROKEN_TEXT, "The mistake is on our side. Try again in a moment.") \
	SENTENCE(PAGE_FOREIGN, "This request did not come from this page") \
	SENTENCE(PAGE_FOREIGN_TEXT, \
		"For your safety nothing was done. Open the page of the box again and repeat what you wanted.") \
	SENTENCE(MEDIATOR_NAME, "The name needs small letters, digits and -, at most 40.") \
	SENTENCE(MEDIATOR_HOST, "This is no name or address of a machine.") \
	SENTENCE(MEDIATOR_PORT, "The port is a number from 1 to 65535.") \
	SENTENCE(MEDIATOR_PATH, \
		"The path begins with / and has letters, digits and - . _ only, such as /my-mediator.") \
	SENTENCE(MEDIATOR_TAKEN, \
		"There already is a client or channel called {1}, or one that takes what arrives at {2}. Choose " \
		"others.") \
	SENTENCE(MEDIATOR_NO_ANSWER, \
		"The interoperability layer does not answer, or its administrator’s password was changed there.") \
	SENTENCE(MEDIATOR_NOT_MADE, "The interoperability layer refused; nothing was made.") \
	SENTENCE(PAGE_NAV_OVERVIEW, "Overview") \
	SENTENCE(PAGE_NAV_CONNECT, "Connect")

#endif
