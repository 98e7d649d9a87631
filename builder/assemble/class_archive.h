/* class_archive: a JVM's archive of parsed and linked classes, made at build by the image's own JVM. Private to the
 * room. Source: JEP 310, 341, 483; OpenJDK's src/hotspot/share/cds and src/hotspot/share/include/cds.h. */
#ifndef HIEBOX_ASSEMBLE_CLASS_ARCHIVE_H
#define HIEBOX_ASSEMBLE_CLASS_ARCHIVE_H

#include "assemble/base_layer.h"

/* Writes `tree`/source->to, and beside it <to>.args, the JVM's arguments that use it, from the jars in
 * `tree`/source->classpath and the class list source->lock (xz). The jars get the times that they will have in the
 * layer: the archive holds them, and a JVM compares. */
int class_archive(const struct build *build, const struct source *source, const char *tree, struct error *err);
/* What differs from one run to the next goes: in the archive's heap (nowhere else) the times of soft references between
 * window[0] and window[1] (milliseconds of CLOCK_MONOTONIC) become 0, and so does the clock that they take them from,
 * known by the class it belongs to; and the checksums over them, which only -XX:+VerifySharedSpaces reads. Numbers that
 * only look like such a time stay: a machine that is up for minutes has times as small as many a length.
 * `data` is a whole archive of Java 25; another one, or one without that clock, is an error. For tests, too. */
int class_archive_settle(unsigned char *data, size_t size, const int64_t window[2], struct error *err);

#endif
