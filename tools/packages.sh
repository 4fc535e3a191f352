# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The Debian 12 packages that this tree needs, in one place: quickstart, check and
# tools/fresh-debian read it.

# To build tenured and tenurectl.
packages_build="autoconf automake gcc libc6-dev make pkg-config
	libev-dev libjansson-dev liblmdb-dev libssl-dev libyaml-dev"

# To walk through quickstart: the real nsupdate and dig.
packages_quickstart="$packages_build bind9-dnsutils"

# To run everything that ./check runs. kea-dhcp-ddns-server is a real client of ours; the service
# that the package starts listens on the loopback interface only, and the tests start their own.
packages_check="$packages_quickstart clang clang-format codespell cppcheck git
	kea-dhcp-ddns-server knot-dnsutils libclang-rt-14-dev libcriterion-dev libknot-dev mandoc
	python3 python3-dnspython python3-pytest xz-utils"

# The peers that `make bench` measures beside us when they are there. Nothing installs them for you.
# shellcheck disable=SC2034
packages_bench="bind9 knot"

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
	local missing as_root=
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "packages are missing, and there is neither root nor sudo to install them:" >&2
			echo "$missing" >&2
			return 1
		}
		as_root=sudo
	fi
	echo "installing packages:" $missing
	$as_root apt-get -qq update </dev/null
	# shellcheck disable=SC2086
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
		--no-install-recommends install $missing </dev/null
}
