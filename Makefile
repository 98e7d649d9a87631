# hiebox: make image builds the demo, make check proves everything. Both do all set-up themselves.
#   make          the builder, build/hiebox
#   make setup    install what is missing (one apt-get line, asks on a terminal)
#   make image    recipes/demo.yaml to images/demo.raw       (RECIPE=other to build another)
#   make check    lint, unit, golden, fuzz-corpus and integration tests
#   make install  for every user of this machine, into PREFIX=/usr/local (DESTDIR=…; make uninstall); make deb
#   make unit     only the tests without images; make lint; make bench; make fuzz; make clean

.DEFAULT_GOAL := all
RECIPE ?= demo
MODE ?= release
BUILD := build/$(MODE)
ROOMS := base document http schema recipe plan fetch assemble image export machine proof workflow card commands agent
comma := ,
# The rooms that the box's own program is compiled from, in the tools root of a build.
AGENT_ROOMS := $(filter $(notdir $(wildcard builder/*)),base document schema http workflow card agent)

ifeq ($(origin CC),default)
CC := gcc
endif
WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wvla -Wformat=2 -Wundef -Wwrite-strings
CPPFLAGS := -Ibuilder -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -MMD -MP \
	-DHIEBOX_VERSION='"$(shell cat builder/VERSION)"'
# no name of the folder it was compiled in: the same sources give the same program
CFLAGS := -std=gnu17 -O2 -g $(WARNINGS) -fstack-protector-strong -ffile-prefix-map=$(CURDIR)=.
LDFLAGS :=
ifeq ($(MODE),release)
ROOMS := base document http schema recipe plan fetch assemble image export machine proof workflow card commands agent
AGENT_LIBS :=
CPPFLAGS += -D_FORTIFY_SOURCE=2
CFLAGS += -fPIE
LDFLAGS += -pie -Wl,-z,relro,-z,now
else ifeq ($(MODE),check)
CFLAGS += -O1 -Werror -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
else ifeq ($(MODE),fuzz)
CC := clang
CFLAGS += -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
LDFLAGS += -fsanitize=fuzzer,address,undefined
else
$(error MODE is release, check or fuzz)
endif

include builder/packaging/packaging.mk

PACKAGES := libarchive libcurl yaml-0.1 jansson libsolv libcrypto libsystemd
LIBS = $(shell pkg-config --libs $(PACKAGES)) -lsolvext -lsolv -lpthread
# What only the box's own program needs: here it is compiled to be tested, not to build images.
AGENT_LIBS = $(shell pkg-config --libs libmicrohttpd libqrencode)

SOURCES := $(foreach room,$(ROOMS),$(wildcard builder/$(room)/*.c))
MAINS := builder/commands/main.c builder/agent/hie.c
OBJECTS := $(patsubst builder/%.c,$(BUILD)/%.o,$(filter-out $(MAINS),$(SOURCES)))
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*/*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))

.PHONY: all setup setup-check image check unit lint bench fuzz clean hiebox tests FORCE
.SECONDARY:

# All processors, unless the caller said how many.
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

all: hiebox
hiebox: build/hiebox

build/hiebox: FORCE
	@$(MAKE) -s $(JOBS) MODE=release build/release/hiebox
	@ln -sf release/hiebox build/hiebox
FORCE:

setup:
	@builder/setup.sh image
setup-check:
	@builder/setup.sh check

image: setup
	@$(MAKE) -s build/hiebox
	@build/hiebox build recipes/$(RECIPE).yaml -o images

check: setup-check
	@tests/check.sh

unit:
	@tests/check.sh unit

lint:
	@python3 tests/lint.py

bench: setup-check
	@tests/bench.sh
	@$(MAKE) -s MODE=release build/release/hie && tests/bench/workflow.py build/release/hie
	@[ "$$(id -u)" != 0 ] || { build/hiebox build recipes/demo.yaml -o build/check/images && tests/boot-bench.sh && tests/story-bench.sh && tests/test-bench.sh; }

fuzz:
	@tests/fuzz.sh

ifeq ($(MODE),fuzz)
tests: $(FUZZERS)
else
tests: $(UNITS) $(FUZZERS)
endif

$(BUILD)/libhiebox.a: $(OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/hiebox: $(BUILD)/commands/main.o $(BUILD)/libhiebox.a
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# The box's own program, built for this machine only to be tested here.
$(BUILD)/hie: $(BUILD)/agent/hie.o $(BUILD)/libhiebox.a
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(AGENT_LIBS) $(LIBS)

# What was made by other code must not be taken from the store: the keys of layers and images hold a digest
# of the sources that make them (of sources, not of the program: every compiler gives the same keys).
ASSEMBLE_SOURCES := $(sort $(wildcard builder/assemble/*.[ch]))
IMAGE_SOURCES := $(sort $(wildcard builder/image/*.[ch]))
digest = $(firstword $(shell cat $(1) | sha256sum))
$(BUILD)/assemble/layer.o: $(ASSEMBLE_SOURCES)
$(BUILD)/assemble/layer.o: CPPFLAGS += -DASSEMBLE_SOURCES='"$(call digest,$(ASSEMBLE_SOURCES))"'
$(BUILD)/commands/build.o: $(IMAGE_SOURCES)
$(BUILD)/commands/build.o: CPPFLAGS += -DIMAGE_SOURCES='"$(call digest,$(IMAGE_SOURCES))"'

# Which rooms the box's program has, and the way from this program to the installed data: no path of one place is
# compiled in, so that what is installed can be moved.
SETTINGS = $(AGENT_ROOMS) $(DATA_FROM_PROGRAM)
$(BUILD)/assemble/agent_program.o $(BUILD)/commands/project.o: $(BUILD)/settings
$(BUILD)/assemble/agent_program.o: CPPFLAGS += -DAGENT_ROOMS='$(foreach room,$(AGENT_ROOMS),"$(room)"$(comma))'
$(BUILD)/commands/project.o: CPPFLAGS += -DDATA_FROM_PROGRAM='"$(DATA_FROM_PROGRAM)"'
$(BUILD)/settings: FORCE
	@mkdir -p $(@D)
	@echo '$(SETTINGS)' | cmp -s - $@ || echo '$(SETTINGS)' >$@

$(BUILD)/%.o: builder/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libhiebox.a
	@mkdir -p $(@D)
	@echo "  TEST    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libhiebox.a -lcmocka $(AGENT_LIBS) $(LIBS)

ifeq ($(MODE),fuzz)
$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/libhiebox.a
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libhiebox.a $(AGENT_LIBS) $(LIBS)
else
$(BUILD)/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.c $(BUILD)/libhiebox.a
	@mkdir -p $(@D)
	@echo "  FUZZ    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< tests/fuzz/replay.c $(BUILD)/libhiebox.a $(AGENT_LIBS) $(LIBS)
endif

clean:
	rm -rf build

-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d' -type f)
