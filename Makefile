# Magpie's build.  "make help" says what can be made; V=1 shows the commands.
#
# Sources are found by looking (boot kernel mm fs drivers user tests/host), never listed.
# Everything that is made goes to build/, which may be deleted at any time.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# ---- set-up -------------------------------------------------------------------------------
# What the goals need on this machine.  tools/setup is silent and quick when it is there;
# when not, it installs it or says what to type.

goals  := $(or $(MAKECMDGOALS),all)
bare   := clean help doctor             # need nothing, or find out themselves
groups := $(if $(filter-out $(bare),$(goals)),build) $(if $(filter run,$(goals)),run) \
          $(if $(filter test qtest properties check host build/host/%,$(goals)),run iso test debug) \
          $(if $(filter iso build/magpie.iso,$(goals)),iso) \
          $(if $(filter gdb% guide,$(goals)),run debug) \
          $(if $(filter bench bench-linux bench-readme,$(goals)),run test bench)

ifneq ($(strip $(groups)),)
ifneq ($(shell tools/setup --check $(groups) && echo ok),ok)
ignored := $(shell tools/setup $(groups) >&2)
ifneq ($(.SHELLSTATUS),0)
$(error This machine lacks something, see above)
endif
endif
endif

# A window is nice to have: without it, the terminal serves.
ifneq ($(and $(filter run,$(goals)),$(DISPLAY)$(WAYLAND_DISPLAY)),)
ignored := $(shell tools/setup --check window || tools/setup window >&2)
endif

# ---- tools and flags ----------------------------------------------------------------------

CROSS   := $(if $(shell command -v i686-linux-gnu-gcc),i686-linux-gnu-,i686-elf-)
CC      := $(CROSS)gcc
COMPILER ?= gcc
export CROSS
HOSTCC  := gcc
NASM    := nasm
USERCC  := build/musl/bin/magpie-gcc
# The python that has pytest: the first in the path, else Debian's.
PYTEST   = $(firstword $(foreach p,python3 /usr/bin/python3,\
             $(if $(shell $p -c 'import pytest, pytest_timeout' 2>&1),,$p)) python3) -m pytest

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
DEPS     = -MMD -MP -MF $@.d

# -mgeneral-regs-only: the kernel never touches FPU or SSE registers, which belong to the
# process.  Frame pointers and no sibling calls: a backtrace shows every caller.  -mregparm:
# arguments go in registers; the library of the compiler expects them elsewhere and stays out.
# Stacks are aligned to words: nothing here needs more.
OPT     ?= -O2
KFLAGS  := -std=gnu11 $(OPT) -mtune=generic -mregparm=3 -g3 -I. -ffreestanding -fno-pie -fno-stack-protector \
           -mgeneral-regs-only -march=i686 -fno-asynchronous-unwind-tables \
           -fno-omit-frame-pointer -fno-optimize-sibling-calls $(WARN)
LDFLAGS := -nostdlib -no-pie -static -Wl,--build-id=none -Wl,-z,noexecstack \
           -Wl,--orphan-handling=error -Wl,--fatal-warnings -Wl,-T,linker.ld
AFLAGS  := -f elf32 -I. -g -F dwarf -w+error
UFLAGS  := -std=gnu11 -Os -I. -Iuser/lib $(WARN)
HFLAGS  := -std=gnu11 -O1 -g -I. -Itests/host -DMAGPIE_HOST -fno-omit-frame-pointer \
           -fsanitize=address,undefined -fno-sanitize-recover $(WARN)

# "make COMPILER=clang", or CC=clang: the kernel by clang, in a folder of its own; GCC's linker
# driver and library finish it.  The programs and their C library are GCC's all the same.
ifneq ($(findstring clang,$(COMPILER) $(CC)),)
O       := build/clang
KCC     := $(if $(findstring clang,$(CC)),$(CC),$(COMPILER)) --target=i386-unknown-none-elf -mstack-alignment=4
KLD     := $(CROSS)gcc
else
O       := build$(if $(filter-out -O2,$(OPT)),/kernel$(OPT))
KCC     := $(CC) -mpreferred-stack-boundary=2
KLD     := $(CC)
endif

ifeq ($(V),)
Q   := @
say  = @printf '  %-7s %s\n' $(1) $(2)
endif

.PHONY: all run gdb gdb-wait gdb-attach gdb-reverse guide bench bench-linux bench-readme doctor iso \
        screenshot pictures test qtest properties check image disk user host clean help FORCE

all: $O/kernel.elf build/root.img ## the kernel and its root image (default)

# ---- kernel -------------------------------------------------------------------------------
# Two links: the first has an empty table of function names, the second the real one, made
# from the first.  The table lies behind the code and cannot move it; cmp makes sure.

folders := $(wildcard boot kernel mm fs drivers)
ksrc    := $(sort $(shell find $(folders) -name '*.c' -o -name '*.asm'))
kobj    := $(ksrc:%=$O/obj/%.o)

# Where pages are handled by the 64 and the loop costs as much as what is in it.
$(patsubst %,$O/obj/%.o,$(wildcard mm/cache/*.c mm/phys/frame.c fs/pageio.c fs/ext2/io.c \
        fs/ext2/map.c fs/ext2/grow.c)): KFLAGS += -funroll-loops

$O/obj/%.c.o: %.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(KCC) $(KFLAGS) $(DEPS) -c $< -o $@

$O/obj/%.asm.o: %.asm Makefile
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) $(AFLAGS) -MD $@.d -MT $@ $< -o $@

# One call a line in syscalls.tbl; the prototypes and the dispatch table follow from it.
build/gen/syscall_table.h build/gen/syscall_protos.h build/gen/syscall_names.h &: \
		kernel/sys/syscalls.tbl kernel/lib/errno.h tools/gensys.py
	$(call say,GEN,$@)
	$(Q)tools/gensys.py $< build/gen

$(kobj): | build/gen/syscall_table.h
build/user/bin/tracecat.o: | build/gen/syscall_names.h

$O/ksyms-none.c: tools/ksyms.py
	@mkdir -p $(@D)
	$(Q)tools/ksyms.py </dev/null >$@

$O/ksyms.c: $O/kernel.tmp.elf tools/ksyms.py
	$(call say,KSYMS,$@)
	$(Q)$(CROSS)nm $< | tools/ksyms.py >$@

$O/ksyms.c.o $O/ksyms-none.c.o: %.o: % kernel/ksyms.h
	$(Q)$(KCC) $(KFLAGS) -c $< -o $@

$O/kernel.tmp.elf: $(kobj) $O/ksyms-none.c.o linker.ld
	$(call say,LD,$@)
	$(Q)$(KLD) $(LDFLAGS) $(filter %.o,$^) -o $@

$O/kernel.elf: $(kobj) $O/ksyms.c.o linker.ld
	$(call say,LD,$@)
	$(Q)$(KLD) $(LDFLAGS) $(filter %.o,$^) -o $@
	$(Q)$(CROSS)nm $@ | tools/ksyms.py | cmp - $O/ksyms.c

# ---- user programs and the root image -----------------------------------------------------
# user/bin/NAME.c or user/bin/NAME/*.c becomes /bin/NAME, user/test/t-NAME.c /test/t-NAME.

programs := $(patsubst user/%.c,%,$(wildcard user/bin/*.c user/test/*.c)) \
            $(patsubst user/%/,%,$(sort $(dir $(wildcard user/bin/*/*.c user/test/*/*.c))))
installed := $(programs:%=build/root/%)
libobj   := $(patsubst %.c,build/%.o,$(wildcard user/lib/*.c))
libc     := build/musl/lib/magpie-gcc.specs

user: $(installed) ## only the user programs

$(libc): tools/musl.py
	$(call say,MUSL,build/musl)
	$(Q)tools/musl.py build/musl $(CROSS)

build/user/%.o: user/%.c Makefile | $(libc)
	$(call say,USERCC,$<)
	@mkdir -p $(@D)
	$(Q)$(USERCC) $(UFLAGS) $(DEPS) -c $< -o $@

build/user/libmagpie.a: $(libobj)
	$(Q)$(RM) $@
	$(Q)$(CROSS)ar rcs $@ $^

# Also where magpie-gcc finds them by itself.
build/user/installed: build/user/libmagpie.a $(wildcard user/lib/*.h) | $(libc)
	$(Q)install -m 644 $(filter %.h,$^) build/musl/include
	$(Q)install -m 644 $< build/musl/lib
	$(Q)touch $@

# The objects of program $1: one file, or those of its folder.
objects = $(patsubst %.c,build/%.o,$(wildcard user/$1.c user/$1/*.c))

.SECONDEXPANSION:
$(installed): build/root/%: $$(call objects,$$*) build/user/installed
	$(call say,USERLD,$(@:build/root%=%))
	@mkdir -p $(@D)
	$(Q)$(USERCC) -s $(filter %.o,$^) -o $@

image: build/root.img ## only the root image

# A removed source must leave the image: the list of programs is a prerequisite.
build/programs.list: FORCE
	@mkdir -p $(@D)
	@echo $(programs) | cmp -s - $@ || echo $(programs) >$@

build/root.img: $(installed) build/programs.list tools/magpie $(wildcard tools/magpie_*.py)
	$(call say,IMAGE,$@)
	@$(RM) $(filter-out $(installed),$(wildcard build/root/*/*))
	@mkdir -p build/root
	$(Q)tools/magpie image --root build/root --big "$$($(CROSS)gcc -print-prog-name=cc1)" $@

# A disk for "tools/magpie run --disk build/disk.img".  What is on it is yours: it is never
# made again while it is there.
disk: build/disk.img ## a disk to keep files on, build/disk.img; delete it for a fresh one
	@echo "tools/magpie run --disk $<"

build/disk.img: | build/root.img
	$(call say,DISK,$@)
	$(Q)cp --sparse=always build/root.img $@

# ---- what a CD has, and a picture of it --------------------------------------------------

iso: build/magpie.iso ## an ISO with GRUB, to boot or to burn

build/magpie.iso: build/kernel.elf build/root.img boot/grub.cfg tools/magpie_iso.py
	$(call say,ISO,$@)
	$(Q)tools/magpie iso $@

# Picture and text are in the repository: a test compares the text.
screenshot: all ## boot, type a command, and renew docs/screen.png
	$(Q)tools/magpie screenshot docs/screen.png -- ls -l / >docs/screen.txt

# Those of the README; a test looks whether they are there.
pictures: all ## renew docs/cp-mcp.svg and docs/memtop.png
	$(Q)head -c 16M "$$($(CROSS)gcc -print-prog-name=cc1)" >build/sixteen
	$(Q)tools/magpie trace --icount --ram 48 --append ramdisk.latency_us=200 \
	    --add build/sixteen:/data/file --svg docs/cp-mcp.svg --json build/cp-mcp.json \
	    --beside "/bin/cp -v /data/file /tmp/copy" -- /bin/mcp -v /data/file /tmp/copy
	$(Q)tools/magpie screenshot --append ramdisk.latency_us=3000 docs/memtop.png \
	    -- memtop -n 4 -d 0.1 cp /data/big /tmp/copy

# ---- running and testing ------------------------------------------------------------------

run: all ## boot it, with a shell in this terminal
	@tools/magpie run

# OPT=-Og: with a kernel built for reading, in a folder of its own; P="PROGRAM ARG" instead of /bin/walk.
GDB      = tools/magpie gdb --kernel $O/kernel.elf

gdb: all ## boot it stopped, with GDB in this terminal: docs/walk.md
	@$(GDB) --icount -- $(P)

gdb-wait: all ## boot it stopped, for GDB in another terminal
	@$(GDB) --wait -- $(P)

gdb-attach: all ## and there: GDB for the machine that waits
	@$(GDB) --attach

gdb-reverse: all ## record a run, and replay it with GDB, backwards too
	@$(GDB) --reverse -- $(P)

# The tests execute it too, and compare.
guide: all ## execute the commands of docs/walk.md, and renew what it shows
	$(Q)tools/guide.py docs/walk.md

# What copies and operations cost, in instructions; NAMES="copy ops" picks some.
bench: all ## measure Magpie: copies, operations, pictures, in build/bench
	@tools/magpie bench $(NAMES)

bench-readme: all ## measure both, and renew docs/bench, docs/performance.md and the README
	@tools/magpie bench --linux --readme

bench-linux: all ## the same beside Debian's Linux, which it fetches
	@tools/magpie bench --linux $(NAMES)

doctor: ## which tools are missing or too old, and the fix
	@tools/magpie doctor

# What looks on from outside: plugins for QEMU.
build/plugin/%.so: tools/plugin/%.c $(wildcard tools/plugin/*.h)
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O2 -fPIC -shared -fvisibility=hidden $(WARN) $< -o $@

# The modules that need no real processor; tests/host/fake*.c stands for floors 1 and 2.
hostsrc  := $(sort $(shell find $(wildcard kernel/lib mm fs) -name '*.c') \
              $(wildcard kernel/cmdline.c kernel/counters.c drivers/block.c drivers/ramdisk.c \
                drivers/virtqueue.c drivers/virtio_blk*.c \
                drivers/tty*.c \
                drivers/screen*.c drivers/keymap.c tests/host/fake*.c))
hostobj  := $(hostsrc:%=build/host/%.o)
hosttest := $(patsubst tests/host/%.c,build/host/%,$(wildcard tests/host/test_*.c))

host: $(hosttest) ## only the host tests' programs

build/host/%.c.o: %.c Makefile
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HFLAGS) $(DEPS) -c $< -o $@

build/host/libhost.a: $(hostobj)
	$(Q)$(RM) $@
	$(Q)ar rcs $@ $^

$(hosttest): build/host/%: build/host/tests/host/%.c.o build/host/libhost.a
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $(HFLAGS) $^ -lcmocka -o $@

# The explorer runs the same modules in every order, on locks of its own (tests/explore): no
# sanitizers, whose stacks cannot be put aside, and code and data at fixed addresses.
EFLAGS   := -std=gnu11 -O1 -g -Itests/explore/over -I. -DMAGPIE_HOST -fno-pie -fno-stack-protector \
            -fno-omit-frame-pointer $(WARN)
exsrc    := $(sort $(shell find $(wildcard kernel/lib mm) -name '*.c') \
              $(wildcard kernel/counters.c fs/read.c fs/write.c fs/direct*.c tests/explore/*.c))
exobj    := $(exsrc:%=build/explore/%.o)
exown    := $(filter build/explore/tests/%,$(exobj))

build/explore/%.c.o: %.c Makefile
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(EFLAGS) $(DEPS) -c $< -o $@

build/explore/libkernel.a: $(filter-out $(exown),$(exobj))
	$(Q)$(RM) $@
	$(Q)ar rcs $@ $^

build/explore/explore: $(exown) build/explore/libkernel.a
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) -no-pie $^ -o $@

.PHONY: explore
test: build/explore/explore
explore: build/explore/explore ## every order of events in the page cache: sixteen million states
	$(Q)build/explore/explore 10000000

# T=name picks tests by name, as pytest's -k does.  The build's own output comes first.
define pytest
	$(Q)$(PYTEST) tests $(if $(T),-k '$(T)') --junit-xml=build/junit.xml $(PYTESTFLAGS)
endef

test: check all host build/plugin/profile.so build/plugin/witness.so ## every test; T=name runs only those of that name
	$(pytest)

# The documents of the claims without the rest: docs/properties.md, docs/cases.md.
properties: all host build/plugin/profile.so build/plugin/witness.so ## only the tests that prove a claim, and the two tables
	$(Q)$(PYTEST) tests --claims --junit-xml=build/junit.xml $(PYTESTFLAGS)

qtest: all ## only the tests that boot the kernel
	$(Q)$(PYTEST) tests -m guest $(if $(T),-k '$(T)') --junit-xml=build/junit.xml $(PYTESTFLAGS)

check: $(kobj) ## the rules of the floors, the size table, and the size of the four calls
	$(Q)tools/layers.py --objects $O/obj --cross $(CROSS)
	$(Q)tools/sloc.py --quiet

clean: ## delete build/ except the C library, which takes a download
	$(Q)$(RM) -r $(filter-out build/musl,$(wildcard build/*))

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

-include $(shell find build -name '*.d' 2>/dev/null)
