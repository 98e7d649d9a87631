/* java: compiling a component's Java source with the tools root's javac. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_JAVA_H
#define HIEBOX_ASSEMBLE_JAVA_H

#include "assemble/base_layer.h"

/* Compiles source->lock (a .java file of the project) into `tree`/source->into: a directory, or, when its name ends in
 * .jar, that file. */
int java_compile(const struct build *build, const struct source *source, const char *tree,
		 struct error *err);

#endif
