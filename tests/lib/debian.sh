# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Packages of a Debian suite that this machine does not use, through an apt
# configuration of its own: the machine's package lists stay what they are.
# Source it after common.sh.

# debian_suite DIR SUITE deb|deb-src [ARCHITECTURE]: from here on apt-get and
# apt-cache know this suite only; DIR holds what they know.
debian_suite()
{
	local dir=$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	local arch=${4:-$(dpkg --print-architecture)} mirror

	need apt-get apt
	if [ ! -r "$keyring" ]; then
		say "no $keyring: apt-get install debian-archive-keyring"
		return 1
	fi
	# The mirror this machine uses for Debian itself.
	# shellcheck disable=SC2016 # apt's own names
	mirror=$(apt-get indextargets --format '$(SITE) $(ORIGIN) $(RELEASE)' |
		 sed -n 's/^\([^ ]*\) Debian [a-z]*$/\1/p' | head -n 1)
	if [ -z "$mirror" ]; then
		say "apt knows no Debian mirror: run apt-get update"
		return 1
	fi
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/parts"
	cat > "$dir/parts/suite.sources" <<SOURCES
Types: $3
URIs: $mirror
Suites: $2
Components: main
Architectures: $arch
Signed-By: $keyring
SOURCES
	cat > "$dir/apt.conf" <<CONF
Dir::State::lists "$dir/lists";
Dir::Cache "$dir/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$dir/parts";
APT::Architecture "$arch";
APT::Architectures "$arch";
APT::Sandbox::User "root";
CONF
	export APT_CONFIG=$dir/apt.conf
	say "reading the package list of $2"
	# Without the option, an index that cannot be had is no failure.
	retried logged "$dir/log" apt-get -q --error-on=any update
}
