# Installing and packaging. The directory variables are those of the GNU coding standards.
PREFIX ?= /usr/local
prefix ?= $(PREFIX)
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
datarootdir ?= $(prefix)/share
datadir ?= $(datarootdir)
mandir ?= $(datarootdir)/man
docdir ?= $(datarootdir)/doc/hiebox
bashcompletiondir ?= $(datarootdir)/bash-completion/completions
zshcompletiondir ?= $(datarootdir)/zsh/site-functions
fishcompletiondir ?= $(datarootdir)/fish/vendor_completions.d
DATA_FROM_PROGRAM := $(shell realpath -ms --relative-to='$(bindir)' '$(datadir)/hiebox')

# What `hiebox build` reads when it is not in a clone: what a recipe may name, and the box's own program.
INSTALLED_FOLDERS := recipes overlays units $(addprefix builder/,$(AGENT_ROOMS))
PLACES = $(foreach name,BUILD bindir datadir mandir docdir bashcompletiondir zshcompletiondir fishcompletiondir \
	DESTDIR INSTALLED_FOLDERS,$(name)='$($(name))')

.PHONY: install uninstall deb deb-of-release
# The newest entry of the change log dates what is made: the same sources give the same bytes.
install uninstall deb: export SOURCE_DATE_EPOCH ?= $(shell date -d "$$(sed -n 's/^ -- .*>  //p' \
	builder/packaging/changelog | head -n 1)" +%s)
install uninstall:
	@$(MAKE) -s $(JOBS) $(BUILD)/hiebox
	@$(PLACES) builder/packaging/install.sh $@

# Debian has its own place for the zsh completion of packages.
deb:
	@$(MAKE) -s $(JOBS) MODE=release prefix=/usr build/release/hiebox
	@$(MAKE) -s MODE=release prefix=/usr zshcompletiondir=/usr/share/zsh/vendor-completions deb-of-release
deb-of-release:
	@$(PLACES) builder/packaging/deb.sh
