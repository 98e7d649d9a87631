/* base: the door of the lowest room. What every other room stands on: errors, memory, text, files,
 * hashes, processes, the sandbox, progress and command tables. Nothing here knows what an image is. */
#ifndef HIEBOX_BASE_H
#define HIEBOX_BASE_H

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/markup.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/guard.h"
#include "base/lock.h"
#include "base/process.h"
#include "base/sandbox.h"
#include "base/space.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/tool_log.h"
#include "base/options.h"

#endif
