/* control: the socket between those without rights (the page) and `hie watch`, which is root. One request
 * a connection, a Unix stream: the client writes one JSON object and shuts down its writing half; the server
 * answers with one JSON object and closes. At most CONTROL_MAX bytes each way; a client that is slower than
 * CONTROL_SECONDS is cut off. The socket belongs to root and the group hie-page, mode 0660; who is asking is
 * looked up too (SO_PEERCRED): root and hie-page alone are answered.
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
 *   reset        what ("all")                                                                    yes
 *   targets                                             targets: [{id, title, free}]             yes
 *   backup       target, passphrase                     job                                      yes
 *   backups                                             backups: [{file, target, size, time, …}] yes
 *   restore      file, target, passphrase               job                                      yes
 *   job          job                                    state, percent, say, with                yes
 *   mediator     name, host, port, path                 client, password, channel, address       yes
 *   password     old, new                               (of the administrator)                   yes
 *
 * Everything that needs a session is logged with the client's address; five wrong passwords in a row make
 * every further one wait (doubling, at most 15 minutes, counted for the box as a whole and by address). */
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
