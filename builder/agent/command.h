/* command: what the files with commands share. The table is in commands.c. */
#ifndef HIEBOX_AGENT_COMMAND_H
#define HIEBOX_AGENT_COMMAND_H

#include "agent/box.h"
#include "base/base.h"

/* The tree to act upon, "/" on a box; and its box.json (caller frees). */
const char *root_of(const struct parsed_options *options);
char *box_path_of(const struct parsed_options *options);
int load_box(const struct parsed_options *options, struct box **ret_box, struct error *err);
/* What only root can do is refused with a plain sentence, not with "Permission denied". */
int need_root(const struct parsed_options *options, struct error *err);

/* commands_watch.c */
extern const struct option_entry status_options[], logs_options[];
int command_status(const struct parsed_options *options, struct error *err);
int command_logs(const struct parsed_options *options, struct error *err);
int command_watch(const struct parsed_options *options, struct error *err);

/* commands_backup.c */
extern const struct option_entry backup_options[], restore_options[];
int command_backup(const struct parsed_options *options, struct error *err);
int command_restore(const struct parsed_options *options, struct error *err);

/* commands_page.c */
extern const struct option_entry page_options[];
int command_page(const struct parsed_options *options, struct error *err);

/* commands_clock.c */
extern const struct option_entry clock_options[];
int command_clock(const struct parsed_options *options, struct error *err);
int command_certificate(const struct parsed_options *options, struct error *err);

/* commands_mediator.c */
extern const struct option_entry mediator_options[];
int command_mediator(const struct parsed_options *options, struct error *err);

/* commands_workflow.c */
extern const struct option_entry workflow_options[];
int command_workflow(const struct parsed_options *options, struct error *err);

#endif
