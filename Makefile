# SPDX-License-Identifier: GPL-2.0
# The flannel kernel module and its tool. Targets:
#   all            build both (module, tool)
#   check          install what tests need, run all of CI (tests/run)
#   demo           two nodes of one cluster in a virtual machine; with
#                  REGISTRY=etcd|file|kube or BACKEND=vxlan|host-gw|udp|auto,
#                  three nodes with an agent each
#   install        both, for the running kernel or KERNELDIR; uninstall
#   dkms-install   the module by DKMS, for KERNELS; dkms-uninstall
#   clean

VERSION := $(shell cat VERSION)

# Whoever names a kernel (DKMS, a cross build) is not asked for the running one.
KERNELRELEASE ?= $(shell uname -r)
KERNELDIR ?= /lib/modules/$(KERNELRELEASE)/build
# Every kernel whose headers are installed.
KERNELS ?= $(notdir $(patsubst %/build,%,$(wildcard /lib/modules/*/build)))

# DESTDIR is for both; the module can have another place.
INSTALL_MOD_PATH ?= $(DESTDIR)
DEPMOD_BASE := $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH))

TOOL := tools/flanctl-genl
DKMS ?= dkms
DEPMOD ?= depmod
DKMS_SOURCE := /usr/src/flannel-$(VERSION)
DKMS_FILES := Kbuild Makefile VERSION COPYING dkms.conf kmod

all: module tool

module: headers
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) FLANNEL_VERSION=$(VERSION) modules

headers:
	@test -e $(KERNELDIR)/Makefile || { \
		echo "no kernel headers in $(KERNELDIR)" >&2; \
		echo "install them (Debian: apt install linux-headers-$(KERNELRELEASE))," >&2; \
		echo "or name others: make KERNELDIR=/lib/modules/VERSION/build" >&2; \
		exit 1; }

tool:
	$(MAKE) -C $(TOOL) FLANNEL_VERSION=$(VERSION)

check:
	tests/run

demo:
	tests/demo/run $(if $(REGISTRY)$(BACKEND),$(or $(REGISTRY),etcd) \
		$(or $(BACKEND),vxlan))

install: module tool
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) \
		INSTALL_MOD_PATH=$(INSTALL_MOD_PATH) modules_install
	$(DEPMOD) $(DEPMOD_BASE) -a $$(cat $(KERNELDIR)/include/config/kernel.release)
	$(MAKE) -C $(TOOL) FLANNEL_VERSION=$(VERSION) install

# What DKMS has installed is DKMS's.
uninstall:
	release=$$(cat $(KERNELDIR)/include/config/kernel.release) && \
	find $(INSTALL_MOD_PATH)/lib/modules/$$release -name 'flannel.ko*' \
		-path '*/updates/*' ! -path '*/updates/dkms/*' -delete && \
	$(DEPMOD) $(DEPMOD_BASE) -a $$release
	$(MAKE) -C $(TOOL) uninstall

# Where DKMS has an earlier state of this version, it is replaced.
dkms-install: dkms-uninstall
	mkdir -p $(DKMS_SOURCE)
	cp -r $(DKMS_FILES) $(DKMS_SOURCE)/
	$(DKMS) add -m flannel -v $(VERSION)
	@test -n "$(KERNELS)" || { \
		echo "no kernel headers in /lib/modules: install linux-headers-$(KERNELRELEASE)" >&2; \
		exit 1; }
	for k in $(KERNELS); do \
		$(DKMS) install --force -m flannel -v $(VERSION) -k $$k || exit; \
	done

dkms-uninstall:
	-test ! -d /var/lib/dkms/flannel/$(VERSION) || \
		$(DKMS) remove -m flannel -v $(VERSION) --all
	rm -rf $(DKMS_SOURCE)

clean:
	-test ! -e $(KERNELDIR)/Makefile || \
		$(MAKE) -C $(KERNELDIR) M=$(CURDIR) clean
	$(MAKE) -C $(TOOL) clean

.PHONY: all module headers tool check demo install uninstall dkms-install \
	dkms-uninstall clean
