# dialer: click-to-call behind Apache. `make help` lists what can be done here.
#
# Everything that is built goes below B (default build/):
#   $(B)/libdialer.a, $(B)/cgi-bin/*.cgi, $(B)/bin/*, $(B)/cron/*      the product
#   $(B)/test/…   the same programs with test hooks, and the test programs (gcc)
#   $(B)/asan/…   the same again under AddressSanitizer and UBSan (clang), and the fuzz targets
#   $(B)/fuzz/…   the fuzz targets once more, with the feedback a fuzzer needs (clang)
# The sources are found by wildcards: a new file in a directory is all that is needed.

B = build
VARIANT = product
PORT = 8080
# Narrow a test run: TESTS='unit/json*' VARIANTS=test
TESTS =
# For each fuzz target.
SECONDS = 60
VARIANTS = test asan

ifeq ($(origin CC),default)
CC = gcc
endif
CLANG = clang

comma = ,

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# --- flags: CPPFLAGS, CFLAGS and LDFLAGS of the caller come after the project's own ---

# String-concatenation: clang takes every long literal in a table for a forgotten comma.
warnings = -Wall -Wextra -Werror -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Wwrite-strings -Wpointer-arith -Wshadow -Wno-string-concatenation
own_cppflags = -D_GNU_SOURCE -Ilib -include base/banned.h $(sonames) $(strip $(places))
# Hidden: a shared library must never find our function under a name it uses for its own.
own_cflags = -std=c11 -g -fno-common -fPIE -fvisibility=hidden $(warnings)
own_ldflags = -pie -Wl,-z,relro,-z,now,--as-needed

# These two are loaded when something is to be verified (lib/auth/library.h).
soname = $(shell readelf -dW "$$($(CC) -print-file-name=lib$(1).so)" 2>/dev/null | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
sonames := -DJWT_SONAME=$(call soname,jwt) -DCRYPTO_SONAME=$(call soname,crypto)

# Where settings and data lie by default, where that is not /etc and /var.
places = $(if $(filter-out /etc,$(sysconfdir)),-DCONFIG_ETC='"$(sysconfdir)/dialer"') \
	$(if $(filter-out /var,$(localstatedir)),-DCONFIG_DATA='"$(localstatedir)/lib/dialer"')

# Without optimisation, or where the caller sets it himself, _FORTIFY_SOURCE only brings warnings.
fortify = $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS)$(CFLAGS))$(filter -O0,$(CFLAGS)),,-D_FORTIFY_SOURCE=2)

ifneq ($(filter asan fuzz,$(VARIANT)),)
override CC = $(CLANG)
# Of the fuzzer's feedback asan has the cheap part, enough for the short runs.
feedback = $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer-no-link,-fsanitize-coverage=inline-8bit-counters$(comma)pc-table)
sanitizers = -fsanitize=address,undefined -fno-sanitize-recover=all $(feedback)
own_cppflags += -DDIALER_TEST_HOOKS
own_cflags += -O1 -fno-omit-frame-pointer -Wshorten-64-to-32 $(sanitizers)
own_ldflags += $(sanitizers)
else
own_cppflags += $(fortify)
own_cflags += -O2 -fstack-protector-strong
ifeq ($(VARIANT),test)
own_cppflags += -DDIALER_TEST_HOOKS
endif
endif

compile = $(CC) $(own_cppflags) $(CPPFLAGS) $(own_cflags) $(CFLAGS)
link = $(CC) $(own_cflags) $(CFLAGS) $(own_ldflags) $(LDFLAGS)

# The archive, where there is one: a shared library that is not there need not be found, mapped and
# bound whenever a program starts.
archive = $(or $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a)),-l$(1))
# All are named for every program; --as-needed keeps those whose functions the program really uses.
libs := $(foreach l,db-5.3 sodium fcgi,$(call archive,$(l))) -lcurl
sim_libs = -lmicrohttpd -ljansson -lcrypto -pthread
test_libs = -lcurl -ljwt -lcrypto -ljansson -lcheck_pic -lsubunit -lrt -lm -pthread

# One word a step; V=1 shows the commands.
V =
step = $(if $(V),,@echo '  $(1)' '$(patsubst $(CURDIR)/%,%,$@)';)

# --- what there is ---

lib_src := $(sort $(shell find lib -name '*.c'))
endpoint_src := $(sort $(filter-out cgi-bin/main.c,$(wildcard cgi-bin/*.c)))
dialer_src := $(sort $(wildcard bin/dialer/*.c))
sim_src := $(sort $(wildcard bin/provider-sim/*.c))
cron_src := $(sort $(wildcard cron/*.c))
# A test source with a main() is a program; the others in its directory are linked to all of them.
unit_all := $(sort $(wildcard tests/unit/*.c))
e2e_all := $(sort $(wildcard tests/e2e/*.c))
has_main = $(if $(1),$(shell grep -lw '^int main' $(1)))
unit_src := $(call has_main,$(unit_all))
e2e_src := $(call has_main,$(e2e_all))
unit_shared := $(filter-out $(unit_src),$(unit_all))
e2e_shared := $(filter-out $(e2e_src),$(e2e_all))
# For both kinds of them; NAME_so.c becomes $(B)/tests/NAME.so, to be preloaded.
preload_src := $(sort $(wildcard tests/lib/*_so.c))
both_src := $(filter-out $(preload_src),$(sort $(wildcard tests/lib/*.c)))
fuzz_src := $(sort $(wildcard tests/fuzz/*.c))
all_src := $(lib_src) $(wildcard cgi-bin/*.c) $(dialer_src) $(sim_src) $(cron_src)

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

programs := $(patsubst cgi-bin/%.c,$(B)/cgi-bin/%.cgi,$(endpoint_src)) \
	$(if $(dialer_src),$(B)/bin/dialer) $(if $(sim_src),$(B)/bin/provider-sim) \
	$(if $(cron_src),$(B)/cron/dialer-sync)
unit_programs := $(patsubst %.c,$(B)/%,$(unit_src))
e2e_programs := $(patsubst %.c,$(B)/%,$(e2e_src))
preloads := $(patsubst tests/lib/%_so.c,$(B)/tests/%.so,$(preload_src))
# Only clang has the fuzzer's runtime.
fuzz_programs := $(if $(filter asan fuzz,$(VARIANT)),$(patsubst %.c,$(B)/%,$(fuzz_src)))

# --- the product ---

.PHONY: all
all: $(programs) $(B)/libdialer.a

$(B)/libdialer.a: $(call obj,$(lib_src)) $(B)/.lib-sources
	@rm -f $@
	$(call step,AR  )$(AR) rcs $@ $(filter %.o,$^)

$(B)/cgi-bin/%.cgi: $(B)/obj/cgi-bin/%.o $(B)/obj/cgi-bin/main.o $(B)/libdialer.a
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ $^ $(libs)

# Named here although it is loaded only when it is needed, so that packagers' tools see who needs it.
$(B)/bin/dialer: $(call obj,$(dialer_src)) $(B)/libdialer.a
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ $^ $(libs) -Wl,--no-as-needed -ljwt

$(B)/bin/provider-sim: $(call obj,$(sim_src))
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ $^ $(sim_libs)

$(B)/cron/dialer-sync: $(call obj,$(cron_src)) $(B)/libdialer.a
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ $^ $(libs)

$(B)/obj/%.o: %.c $(B)/.flags | $(B)/.headers
	@mkdir -p $(@D)
	$(call step,CC  )$(compile) -MMD -MP -c -o $@ $<

# --- test programs (in the variants test and asan) ---

.PHONY: tests
tests: all $(preloads) $(unit_programs) $(e2e_programs) $(fuzz_programs) $(B)/tests/list

.PHONY: fuzz-programs
fuzz-programs: $(fuzz_programs)

# Every endpoint defines `endpoint`; under a name of its own they all fit into one test program.
$(B)/obj/tests/endpoints/%.o: cgi-bin/%.c $(B)/.flags | $(B)/.headers
	@mkdir -p $(@D)
	$(call step,CC  )$(compile) -Dendpoint=endpoint_$(subst -,_,$*) -MMD -MP -c -o $@ $<

endpoint_obj := $(patsubst cgi-bin/%.c,$(B)/obj/tests/endpoints/%.o,$(endpoint_src))

$(B)/tests/libendpoints.a: $(endpoint_obj) $(B)/.lib-sources
	@mkdir -p $(@D) && rm -f $@
	$(call step,AR  )$(AR) rcs $@ $(filter %.o,$^)

# They stand between a program and the C library, so no sanitizer may watch them.
$(B)/tests/%.so: tests/lib/%_so.c $(B)/.flags | $(B)/.headers
	@mkdir -p $(@D) $(B)/obj/tests
	$(call step,LINK)$(CC) $(own_cppflags) $(CPPFLAGS) $(filter-out $(sanitizers) -fPIE,$(own_cflags)) $(CFLAGS) \
		-fPIC -shared -Wl,-z,relro,-z,now $(LDFLAGS) -MMD -MP -MF $(B)/obj/tests/$*.so.d -o $@ $<

$(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(call obj,$(unit_shared) $(both_src)) $(B)/tests/libendpoints.a $(B)/libdialer.a
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ $^ $(libs) $(test_libs)

$(B)/tests/e2e/%: $(B)/obj/tests/e2e/%.o $(call obj,$(e2e_shared) $(both_src)) $(B)/libdialer.a
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ $^ $(libs) $(test_libs)

$(B)/tests/fuzz/%: $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/unit/oracle.o $(B)/tests/libendpoints.a $(B)/libdialer.a
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -fsanitize=fuzzer -o $@ $^ $(libs) $(test_libs)

$(B)/obj/tests/unit/%.o $(B)/obj/tests/e2e/%.o $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/lib/%.o \
	$(B)/tests/%.so: private own_cppflags += -Itests

.SECONDARY:

# --- programs of the benchmark: floors, and what measures ---

bench_dir := $(B)/bench/bin
bench_floors := $(patsubst %,$(bench_dir)/%,empty token empty_fastcgi)
bench_programs := $(bench_floors) $(patsubst %,$(bench_dir)/%,fdatasync usage)

.PHONY: bench-programs
bench-programs: $(bench_programs)

$(bench_dir)/%: tests/bench/programs/%.c $(B)/.flags
	@mkdir -p $(@D)
	$(call step,LINK)$(compile) $(own_ldflags) $(LDFLAGS) -o $@ $(filter %.c,$^) $(bench_libs)

$(bench_floors): tests/bench/programs/answer.c tests/bench/programs/answer.h
$(bench_dir)/token: bench_libs = -ljwt
$(bench_dir)/empty_fastcgi: bench_libs = -lfcgi
$(bench_dir)/empty: own_ldflags = -static

# --- stamps: changed only when their contents change ---

# $(call stamp,text): writes $@ if it says something else than text.
stamp = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' >$@.new; \
	if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi

.PHONY: FORCE
FORCE:

$(B)/.flags: FORCE
	$(call stamp,$(compile) | $(link) | $(libs) $(sim_libs) $(test_libs))

$(B)/.lib-sources: FORCE
	$(call stamp,$(lib_src) $(endpoint_src))

$(B)/tests/list: FORCE
	$(call stamp,$(patsubst %.c,%,$(unit_src) $(e2e_src)) $(patsubst $(B)/%,%,$(fuzz_programs)))

# Without the headers the compiler's message would not say what to do.
$(B)/.headers: .ci/deps
	@mkdir -p $(@D)
	@.ci/deps --check $(if $(filter product,$(VARIANT)),build,build check)
	@touch $@

# --- packages, demo, tests ---

# These build with all processors unless the caller chose with -j.
build = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: deps deps-lint
deps:
	@.ci/deps build run check

deps-lint:
	@.ci/deps build check lint

.PHONY: run
run:
	@.ci/deps build run
	+@$(build) all
	@exec bin/demo --build $(B) --port $(PORT)

.PHONY: check check-long check-bare check-programs
check-programs:
	+@$(build) all
	+@for v in $(VARIANTS); do $(build) B=$(B)/$$v VARIANT=$$v tests || exit 1; done

check: deps
	@$(MAKE) --no-print-directory check-programs
	@tests/run --product $(B) --only '$(TESTS)' $(addprefix $(B)/,$(VARIANTS))

check-long:
	@.ci/deps build run check long
	@$(MAKE) --no-print-directory check-programs
	@tests/run --long --product $(B) --only '$(TESTS)' $(addprefix $(B)/,$(VARIANTS))

# Each target for so many seconds, two at a time. What is found once is kept below $(B)/fuzz/.
.PHONY: fuzz
fuzz: deps
	@$(build) B=$(B)/fuzz VARIANT=fuzz fuzz-programs
	@tests/fuzz/run --seconds $(SECONDS) --only '$(TESTS)' $(B)/fuzz

# Everything at once while programs are killed, for so many minutes; the storm of `make check`, gone on.
# SEED repeats one, as far as the machine lets it.
MINUTES = 30
SEED =
.PHONY: torture
torture: deps
	+@$(build) B=$(B)/test VARIANT=test tests
	@DIALER_TEST_MINUTES=$(MINUTES) DIALER_TEST_SEED=$(SEED) CK_RUN_CASE=storm $(B)/test/tests/e2e/test_storm

# How fast it is, each figure beside a floor of the same run. FULL=1: with ten million calls, whose
# import takes half an hour once (kept in $(B)/bench-data). BENCH has further options: tests/bench/run.
.PHONY: bench
FULL =
BENCH =
bench:
	@.ci/deps build run bench
	+@$(build) all bench-programs
	@tests/bench/run --build $(B) $(if $(FULL),--full) $(BENCH)

# `make run` and `make check` of a fresh clone in a bare Debian system (needs root and debootstrap).
check-bare:
	tests/bare-root run
	tests/bare-root check

# Installations as administrators make them, in bare Debian systems (needs root and debootstrap).
.PHONY: check-install
check-install:
	tests/install

# --- installation: nothing is started, and settings that are there stay as they are ---

prefix = /usr/local
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
sbindir = $(exec_prefix)/sbin
libdir = $(exec_prefix)/lib
datarootdir = $(prefix)/share
datadir = $(datarootdir)
mandir = $(datarootdir)/man
docdir = $(datarootdir)/doc/dialer
# Whatever the prefix is. Others are compiled into the programs: give them to `make` as well.
sysconfdir = /etc
localstatedir = /var
# The one is Debian's; `systemdsystemunitdir=` (and so on) leaves a part out.
systemdsystemunitdir = $(libdir)/systemd/system
bashcompletiondir = $(datadir)/bash-completion/completions
INSTALL = install

# Paths as they are here instead of those in the files.
placed = sed -e 's|/usr/lib/dialer|$(libdir)/dialer|g; s|/usr/share/dialer|$(datadir)/dialer|g' \
	-e 's|/usr/sbin/dialer|$(sbindir)/dialer|g; s|/usr/bin/dialer|$(bindir)/dialer|g' \
	-e 's|/etc/dialer|$(sysconfdir)/dialer|g' \
	-e 's|/etc/apache2|$(sysconfdir)/apache2|g; s|/etc/cron.d|$(sysconfdir)/cron.d|g' \
	-e 's|/var/lib/dialer|$(localstatedir)/lib/dialer|g'
# $(call place,from,to,mode) and the same for settings, which are never overwritten.
place = $(placed) '$(1)' >$(B)/.placed && $(INSTALL) -D -m $(3) $(B)/.placed '$(DESTDIR)$(2)' && rm -f $(B)/.placed
place_once = test -e '$(DESTDIR)$(2)' || { $(call place,$(1),$(2),$(3)); }

page_files := $(patsubst apache/htdocs/%,%,$(shell find apache/htdocs -type f))
man_files := $(wildcard docs/man/*.[1-9])
man_page = $(mandir)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

.PHONY: install uninstall
install: all
	for f in $(notdir $(wildcard $(B)/cgi-bin/*.cgi)); do \
		$(INSTALL) -D -m 0755 "$(B)/cgi-bin/$$f" "$(DESTDIR)$(libdir)/dialer/cgi-bin/$$f" || exit 1; done
	$(INSTALL) -D -m 0755 $(B)/bin/dialer '$(DESTDIR)$(bindir)/dialer'
	$(INSTALL) -D -m 0755 $(B)/bin/provider-sim '$(DESTDIR)$(bindir)/provider-sim'
	$(call place,bin/test-dialer,$(bindir)/test-dialer,0755)
	$(call place,bin/dialer-serve,$(sbindir)/dialer-serve,0755)
	$(INSTALL) -D -m 0755 $(B)/cron/dialer-sync '$(DESTDIR)$(sbindir)/dialer-sync'
	for f in $(page_files); do \
		$(INSTALL) -D -m 0644 "apache/htdocs/$$f" "$(DESTDIR)$(datadir)/dialer/htdocs/$$f" || exit 1; done
	$(call place,apache/dialer.conf,$(datadir)/dialer/apache.conf,0644)
	$(call place_once,apache/conf-available.conf,$(sysconfdir)/apache2/conf-available/dialer.conf,0644)
	$(call place_once,etc/dialer.env,$(sysconfdir)/dialer/dialer.env,0640)
	$(call place_once,etc/blocked-prefixes,$(sysconfdir)/dialer/blocked-prefixes,0644)
	$(call place_once,cron/dialer.crontab,$(sysconfdir)/cron.d/dialer,0644)
	$(if $(systemdsystemunitdir),$(foreach u,dialer-sync.service dialer-sync.timer,$(call \
		place,etc/systemd/$(u),$(systemdsystemunitdir)/$(u),0644) &&) true)
	$(if $(bashcompletiondir),$(foreach c,dialer dialer-sync test-dialer dialer-serve provider-sim,$(INSTALL) \
		-D -m 0644 etc/bash-completion/dialer '$(DESTDIR)$(bashcompletiondir)/$(c)' &&) true)
	$(foreach f,$(man_files),$(call place,$(f),$(call man_page,$(f)),0644) &&) true
	for f in README.md SECURITY.md $(wildcard docs/*.* docs/examples/*); do \
		$(INSTALL) -D -m 0644 "$$f" "$(DESTDIR)$(docdir)/$$f" || exit 1; done
	$(INSTALL) -D -m 0644 bin/provider-sim/README.md '$(DESTDIR)$(docdir)/provider-sim.md'

# Settings, keys and data stay: they are not the installation's. What would start a program goes, also
# Apache's link, which would keep it from starting.
uninstall:
	rm -rf '$(DESTDIR)$(libdir)/dialer' '$(DESTDIR)$(datadir)/dialer' '$(DESTDIR)$(docdir)'
	rm -f $(foreach f,dialer provider-sim test-dialer,'$(DESTDIR)$(bindir)/$(f)') \
		$(foreach f,dialer-serve dialer-sync,'$(DESTDIR)$(sbindir)/$(f)') \
		'$(DESTDIR)$(sysconfdir)/apache2/conf-available/dialer.conf' \
		'$(DESTDIR)$(sysconfdir)/apache2/conf-enabled/dialer.conf' '$(DESTDIR)$(sysconfdir)/cron.d/dialer' \
		$(foreach u,service timer,'$(DESTDIR)$(systemdsystemunitdir)/dialer-sync.$(u)') \
		$(foreach c,dialer dialer-sync test-dialer dialer-serve provider-sim,'$(DESTDIR)$(bashcompletiondir)/$(c)') \
		$(foreach f,$(man_files),'$(DESTDIR)$(call man_page,$(f))')

# On an account with somebody else's Apache, as its user (docs/hosting.md): what Apache runs and shows goes
# below the account's web pages, the rest into a directory of its own; the programs read the settings there.
home = $(HOME)/dialer
web = $(HOME)/public_html
# What the addresses of the account begin with: nothing, or /~name.
base =
based = sed -e 's|/dialer/errors/|$(base)&|; s|"/cgi-bin/dialer/|"$(base)/cgi-bin/dialer/|' \
	-e 's|"/dialer/|"$(base)/dialer/|' $(if $(base),-e 's|src="dialer.js"|& data-api="$(base)/api/dialer"|')
based_file = $(based) '$(1)' >$(B)/.placed && $(INSTALL) -m 0644 $(B)/.placed '$(DESTDIR)$(web)/$(2)' && rm -f $(B)/.placed

.PHONY: install-hosting hosting-files
install-hosting:
	+@$(build) B=$(B)/hosting sysconfdir='$(home)/etc' localstatedir='$(home)/var' prefix='$(home)' hosting-files

hosting-files: all
	$(INSTALL) -d -m 0700 $(patsubst %,'$(DESTDIR)$(home)%','' /etc /etc/dialer /var /var/lib)
	$(INSTALL) -d -m 0755 $(patsubst %,'$(DESTDIR)$(home)/%',bin sbin) $(patsubst %,'$(DESTDIR)$(web)/%',\
		cgi-bin cgi-bin/dialer api api/dialer dialer dialer/dashboard dialer/errors)
	$(INSTALL) -m 0755 $(B)/cgi-bin/*.cgi '$(DESTDIR)$(web)/cgi-bin/dialer/'
	$(INSTALL) -m 0755 $(B)/bin/dialer '$(DESTDIR)$(bindir)/dialer'
	$(INSTALL) -m 0755 $(B)/cron/dialer-sync '$(DESTDIR)$(sbindir)/dialer-sync'
	$(call place,bin/test-dialer,$(bindir)/test-dialer,0755)
	$(call place_once,etc/dialer.env,$(sysconfdir)/dialer/dialer.env,0600)
	$(call place_once,etc/blocked-prefixes,$(sysconfdir)/dialer/blocked-prefixes,0600)
	for f in $(page_files); do \
		$(INSTALL) -m 0644 "apache/htdocs/$$f" "$(DESTDIR)$(web)/dialer/$$f" || exit 1; done
	$(call based_file,apache/htdocs/index.html,dialer/index.html)
	$(call based_file,apache/hosting/page.htaccess,dialer/.htaccess)
	$(call based_file,apache/hosting/addresses.htaccess,api/dialer/.htaccess)
	test -e '$(DESTDIR)$(web)/cgi-bin/dialer/.htaccess' || { \
		$(call based_file,apache/hosting/programs.htaccess,cgi-bin/dialer/.htaccess); }
	printf '%s\n' '* * * * * $(sbindir)/dialer-sync' >'$(DESTDIR)$(home)/crontab'

# The Debian package, built from what is here, into build/deb/; with lintian's opinion, where there is one.
.PHONY: deb
deb:
	@.ci/deps build deb
	rm -rf $(B)/deb && mkdir -p $(B)/deb/dialer
	{ git ls-files -z 2>/dev/null || find . \( -path ./build -o -path ./.git \) -prune -o -type f -print0; } | \
		xargs -0 cp --parents -t $(B)/deb/dialer
	cd $(B)/deb/dialer && dpkg-buildpackage -us -uc -b
	if command -v lintian >/dev/null; then cd $(B)/deb && lintian --fail-on error,warning dialer_*.changes; fi

# --- source text ---

c_files = $(sort $(shell find lib cgi-bin bin cron tests -name '*.[ch]'))
# banned.h poisons names, which makes no sense to check on its own.
tidy_files = $(filter %.c,$(c_files))
scripts = $(sort $(shell grep -lIE '^\#! ?/(usr/)?bin/(env )?(ba|da)?sh' -r .ci bin tests cgi-bin cron apache debian 2>/dev/null))

.PHONY: format lint lint-format lint-tidy lint-cppcheck lint-analyzer lint-shell lint-man
format:
	clang-format -i $(c_files)

lint: deps-lint
	+@$(build) -k lint-format lint-tidy lint-cppcheck lint-analyzer lint-shell lint-man

lint-format:
	clang-format --dry-run -Werror $(c_files)

lint-tidy:
	printf '%s\n' $(tidy_files) | xargs -P 2 -n 4 sh -c 'clang-tidy --quiet "$$@" -- \
		-std=c11 $(own_cppflags) -DDIALER_TEST_HOOKS -Itests 2>&1 | \
		{ ! grep -vE "^[0-9]+ warnings? generated|^$$"; }' tidy

lint-cppcheck:
	cppcheck --quiet -j 2 --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem -D_GNU_SOURCE -DDIALER_TEST_HOOKS \
		-Ilib -Itests $(tidy_files)

# The product only. Left out is what gcc 12 gets wrong where memory is handed over inside a struct or
# what is there is told by a second member; clang's analyzer, valgrind and LeakSanitizer look at these.
analyzer_off = -Wno-analyzer-malloc-leak -Wno-analyzer-null-dereference
lint-analyzer:
	printf '%s\n' $(all_src) | xargs -P 2 -n 8 sh -c 'for f; do gcc -fanalyzer $(analyzer_off) \
		$(own_cppflags) -std=c11 -O2 -Werror -c -o /dev/null "$$f" || exit 1; done' analyzer

lint-shell:
	shellcheck -x $(scripts)
	shellcheck -s bash -x etc/bash-completion/dialer tests/roots/root.sh tests/roots/inside.sh

lint-man:
	mandoc -Tlint -Wwarning $(man_files)

.PHONY: clean
clean:
	rm -rf $(B)

.PHONY: help
help:
	@printf '%s\n' \
		'make             build the programs into build/ (needs the packages of make deps)' \
		'make deps        install the Debian packages that are missing (as root or with sudo)' \
		'make run         packages, build, and a demo with a simulated provider (PORT=8080)' \
		'make check       packages, build and all tests, plain and under sanitizers' \
		'                 TESTS="unit/json*" VARIANTS=test runs a part' \
		'make check-long  the same with the long storms and valgrind' \
		'make torture     everything at once while programs are killed, for MINUTES=30' \
		'make fuzz        the fuzz targets, each for SECONDS=60; TESTS="json" runs one' \
		'make bench       how fast it is, beside floors of the same run; FULL=1 with ten million calls' \
		'make check-bare  make run and make check in a bare Debian system (root, debootstrap)' \
		'make check-install  the package and other installations in bare Debian systems' \
		'make install     as prefix= and DESTDIR= say; nothing is started (make uninstall)' \
		'make install-hosting  into an account on somebody else'"'"'s Apache, as its user' \
		'make deb         a Debian package in build/deb/' \
		'make lint        clang-format, clang-tidy, cppcheck, shellcheck, mandoc' \
		'make format      clang-format -i' \
		'make clean       remove what was built' \
		'CC, CPPFLAGS, CFLAGS, LDFLAGS are added to the project'"'"'s own; B=DIR builds elsewhere; V=1 shows commands.'

-include $(patsubst %.o,%.d,$(call obj,$(all_src) $(unit_all) $(e2e_all) $(both_src) $(fuzz_src)) $(endpoint_obj)) \
	$(preloads:$(B)/tests/%.so=$(B)/obj/tests/%.so.d)
