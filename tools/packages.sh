# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The Debian 12 packages that this tree needs, in one place: quickstart, check and
# tools/fresh-debian read it.

# To build tenured and tenurectl.
packages_build="autoconf automake gcc libc6-dev make pkg-config
	libev-dev libjansson-dev libkrb5-dev liblmdb-dev libssl-dev libyaml-dev"

# To walk through quickstart: the real nsupdate and dig.
packages_quickstart="$packages_build bind9-dnsutils"

# To run everything that ./check runs. kea-dhcp-ddns-server is a real client of ours; the service
# that the package starts listens on the loopback interface only, and the tests start their own.
packages_check="$packages_quickstart clang clang-format codespell cppcheck git
	kea-dhcp-ddns-server knot-dnssecutils knot-dnsutils krb5-admin-server krb5-kdc krb5-user
	libclang-rt-14-dev libcriterion-dev libknot-dev mandoc openssl python3 python3-dnspython
	python3-gssapi python3-pytest python3-pytest-xdist xz-utils"

# What `make coverage` needs besides.
# shellcheck disable=SC2034
packages_coverage="gcovr"

# The peers that the differential tests ask the same questions, that follow us as secondaries, and
# that `make bench` measures beside us, and the syslog server that the audit export is tried with.
# They are servers that start when they are installed, some on port 53, so a person's machine does
# not get them unasked: without them those tests are skipped, and say so. CI gets them.
# shellcheck disable=SC2034
packages_peers="bind9 knot nsd rsyslog rsyslog-gnutls"

# Prints those of its arguments that are not installed.
packages_missing()
{
	local package
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			echo "$package"
	done
}

# Installs what is missing of its arguments. Touches neither apt nor the network if nothing is.
packages_install()
{
	local missing as_root='' log
	missing=$(packages_missing "$@" | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "to be installed by root, because there is no sudo here: $missing" >&2
			return 1
		}
		as_root=sudo
	fi
	echo "installing $missing"
	log=$(mktemp)
	# shellcheck disable=SC2086
	if ! {
		$as_root apt-get -q update &&
			$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 \
				--no-install-recommends install $missing
	} </dev/null >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "apt-get could not install them; all it said: $log" >&2
		return 1
	fi
	rm -f "$log"
}
