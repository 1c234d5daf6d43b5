#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What an installation puts on a node and into a cluster: the systemd unit and
# how much it exposes, files for networkd and NetworkManager, the manifest, the
# agent's man page. Prints TAP.
set -u
cd "$(dirname "$0")" || exit 1
. ../tool/lib.sh
top=$(cd ../../.. && pwd)
tool=$top/tools/flanctl-genl

# The most that systemd-analyze may think of the unit's exposure, times ten: root
# with CAP_NET_ADMIN and the host's network is 2.0.
EXPOSURE_MAX=21

install_all()
{
	make -s -C "$tool" install DESTDIR="$tmp/dest" PREFIX=/usr \
		OUT="$tmp/build" > "$tmp/out" 2>&1
}

uninstall_all()
{
	make -s -C "$tool" uninstall DESTDIR="$tmp/dest" PREFIX=/usr \
		OUT="$tmp/build" > "$tmp/out" 2>&1
	find "$tmp/dest" ! -type d > "$tmp/err"
	[ ! -s "$tmp/err" ]
}

# installed PATH...
installed()
{
	local f

	for f; do
		[ -s "$tmp/dest/$f" ] || { echo "$f" > "$tmp/err"; return 1; }
	done
}

# exposure: no more than the bound, and said.
exposure()
{
	systemd-analyze security --offline=true --threshold=$EXPOSURE_MAX \
		"$unit" > "$tmp/out" 2> "$tmp/err"
	rc=$?
	echo "# systemd-analyze security: $(tail -n 1 "$tmp/out")"
	return $rc
}

# verified: what systemd says about the unit; the programs and the man page are
# not where they would be installed.
verified()
{
	systemd-analyze verify --man=no "$unit" 2>&1 |
		grep 'flannel-agent.service' |
		grep -v 'is not executable' > "$tmp/err"
	[ ! -s "$tmp/err" ]
}

# every_flag: flags of the agent that the man page does not have.
every_flag()
{
	sed -n 's/^\t{ "\([a-z_-]*\)", FLAG_.*/\1/p' \
		"$tool/agent/options.c" > "$tmp/flags"
	while read -r flag; do
		grep -qwF -- "$flag" "$tool/man/flanctl-genl-agent.8" ||
			echo "$flag"
	done < "$tmp/flags" > "$tmp/err"
	[ "$(wc -l < "$tmp/flags")" -ge 30 ] && [ ! -s "$tmp/err" ]
}

# every_metric: likewise.
every_metric()
{
	sed -n 's/^\tMETRIC("\([a-z_]*\)", METRIC_.*/flannel_\1/p' \
		"$tool/agent/health.c" > "$tmp/metrics"
	while read -r metric; do
		grep -qw -- "$metric" "$tool/man/flanctl-genl-agent.8" ||
			echo "$metric"
	done < "$tmp/metrics" > "$tmp/err"
	[ "$(wc -l < "$tmp/metrics")" -ge 15 ] && [ ! -s "$tmp/err" ]
}

man_page()
{
	# References to other pages depend on what is installed.
	mandoc -Tlint "$tool/man/flanctl-genl-agent.8" 2>&1 |
		grep -v 'mandoc.db\|referenced manual' > "$tmp/err"
	[ ! -s "$tmp/err" ]
}

# The image's name and version in the manifest are those that image-build makes.
image_name()
{
	grep -qF "image: flannel-genl:$(cat "$top/VERSION")" \
		"$tool/deploy/kube-flannel.yml" &&
		! grep -F 'image: flannel-genl' "$tool/deploy/kube-flannel.yml" |
			grep -vF "flannel-genl:$(cat "$top/VERSION")"
}

ok "it installs" install_all
ok "all that a node needs" installed \
	usr/lib/systemd/system/flannel-agent.service \
	usr/lib/systemd/network/10-flannel.link \
	usr/lib/systemd/network/10-flannel-unmanaged.network \
	etc/NetworkManager/conf.d/flannel-unmanaged.conf \
	usr/share/man/man8/flanctl-genl-agent.8
unit=$tmp/flannel-agent.service
cp "$tmp/dest/usr/lib/systemd/system/flannel-agent.service" "$unit" 2>/dev/null
ok "the unit starts what was installed" \
	grep -q '^ExecStart=/usr/sbin/flanctl-genl agent ' "$unit"
if command -v systemd-analyze > /dev/null; then
	ok "systemd has nothing to say about it" verified
	ok "it is exposed no more than it has to be" exposure
else
	skip "systemd has nothing to say about it" "systemd is not installed"
	skip "it is exposed no more than it has to be" "systemd is not installed"
fi
ok "nothing is left after an uninstallation" uninstall_all

ok "every flag is in the man page" every_flag
ok "every metric is in the man page" every_metric
if command -v mandoc > /dev/null; then
	ok "the man page has no mistakes" man_page
else
	skip "the man page has no mistakes" "mandoc is not installed"
fi

ok "the manifest's image is the one that is built" image_name
while read -r verdict number text; do
	ok "${text#- }" [ "$verdict" = ok ]
	checks=$number
done < <(/usr/bin/python3 ./manifest.py "$tool/deploy/kube-flannel.yml" \
	2> "$tmp/err")
ok "all of the manifest was looked at" [ "${checks:-0}" = 15 ]
done_testing
