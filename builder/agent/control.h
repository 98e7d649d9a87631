/* control: the socket between those without rights (the page) and `hie watch`, which is root. One request
 * a connection, a Unix stream: the client writes one JSON object and shuts down its writing half; the server
 * answers with one JSON object and closes. At most CONTROL_MAX bytes each way; a client that is slower than
 * CONTROL_SECONDS is cut off. The socket belongs to root and the group hie-page, mode 0660; who is asking is
 * looked up too (SO_PEERCRED): root and hie-page alone are answered. More than 16 at once are told to try again.
 *
 * Requests have "do", and "session" where a person must have logged in. Answers have "ok": true and what is
 * named here, or "ok": false and a saying ("say", "with") that tells a person why; "login": true when a
 * session is missing or over.
 *
 *   do           more in the request                    in the answer                            session
 *   status                                              status (as in /run/hie/status.json)      no
 *   credentials                                         credentials, places (credentials.json)   not while training
 *   login        password, from (client's address)      session, csrf                            no
 *   session                                             csrf                                     yes
 *   logout                                                                                       yes
 *   clock        time (seconds since 1970)                                                       yes
 *   restart      component                                                                       yes
 *   log          component, lines                       log (text)                               yes
 *   reset        what ("all", "data")                                                            yes
 *   targets                                             targets: [{id, title, free}]             yes
 *   backup       target, passphrase                     job                                      yes
 *   backups                                             backups: [{file, target, size, time, …}] yes
 *   restore      file, target, passphrase               job                                      yes
 *   job          job                                    state, percent, say, with                yes
 *   workflow     workflow (id)                                                                   not while training
 *   message      id (OpenHIM's, of a transaction)       message (map_message.c)                  not while training
 *   mediator     name, host, port, path                 client, password, channel, address       yes
 *   password     old, new                               (of the administrator)                   yes
 *
 * "from" may come with every request. What is done is logged with that address (else the login's), never with a
 * secret. Five wrong passwords in a row from an address, or twenty from all that never logged in, make every
 * further one wait (doubling, at most 15 minutes). A session ends after 30 minutes without a request, and
 * after 8 hours. Answered by control_serve.h; a new row is a row in actions.c. */
#ifndef HIEBOX_AGENT_CONTROL_H
#define HIEBOX_AGENT_CONTROL_H

#include "base/base.h"
#include "document/document.h"

#define CONTROL_SOCKET "/run/hie/control"
#define CONTROL_MAX (1u << 20)
#define CONTROL_SECONDS 10

/* Asks: sends `request`, parses the answer. -1 only when there is no (right) answer; a refusal is an answer
 * with "ok": false. Free `*ret_answer` with document_free(). */
int control_ask(const char *socket, const struct json *request, struct document **ret_answer, struct error *err);

#endif
