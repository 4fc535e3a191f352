# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The packages of Debian 12 and 13 that this tree needs, in one place: quickstart, check and
# tools/fresh-debian read it.

# To build tenured and tenurectl.
packages_build="autoconf automake gcc libc6-dev make pkg-config
	libev-dev libevent-dev libfstrm-dev libidn2-dev libjansson-dev libkrb5-dev liblmdb-dev libsqlite3-dev libssl-dev libyaml-dev"

# To walk through quickstart: the real nsupdate and dig.
packages_quickstart="$packages_build bind9-dnsutils"

# To run everything that ./check runs. kea-dhcp-ddns-server is a real client of ours; the service
# that the package starts listens on the loopback interface only, and the tests start their own.
# faketime lets it sign by the clock that a test moves through weeks.
packages_check="$packages_quickstart clang clang-format codespell cppcheck faketime fstrm-bin git
	kea-dhcp-ddns-server knot-dnssecutils knot-dnsutils krb5-admin-server krb5-kdc krb5-user
	libcriterion-dev libknot-dev lowdown mandoc openssl python3 python3-dnspython
	python3-gssapi python3-jsonschema python3-pytest python3-pytest-xdist python3-yaml socat xz-utils"

# What the tests of shell completion, logrotate's rules and the AppArmor profile are tried with;
# without them those tests are skipped, and say so.
# shellcheck disable=SC2034
packages_machine="apparmor bash-completion fish logrotate zsh"

# What `make deb` needs besides.
# shellcheck disable=SC2034
packages_deb="build-essential debhelper dh-apparmor dpkg-dev lintian lowdown mandoc"

# What `make coverage` needs besides.
# shellcheck disable=SC2034
packages_coverage="gcovr"

# The peers that the differential tests ask the same questions, that follow us as secondaries, and
# that `make bench` measures beside us, the syslog server that the audit export is tried with, and the
# Prometheus that reads the metrics; the resolvers and secondaries of doc/recipes.md; and the Active
# Directory that moves in.
# They are servers that start when they are installed, some on port 53, so a person's machine does
# not get them unasked: without them those tests are skipped, and say so. CI gets them.
# shellcheck disable=SC2034
packages_peers="bind9 dnsmasq-base knot ldap-utils ldb-tools libsasl2-modules-gssapi-mit nsd
	pdns-backend-sqlite3 pdns-server prometheus python3-samba rsyslog rsyslog-gnutls samba-ad-dc
	samba-ad-provision samba-dsdb-modules unbound"

# The clients of doc/recipes.md, and the test CA that the ACME clients among them ask; without them those tests
# are skipped, and say so. CI gets those that its release has.
# shellcheck disable=SC2034
packages_recipes="ansible certbot ddclient ldb-tools lego pebble python3-certbot-dns-rfc2136 samba samba-ad-dc
	samba-common-bin samba-dsdb-modules winbind"

# The release whose tools decide what the sources look like, and what static analysis finds: the
# clang-format of another version would write some places otherwise, and the cppcheck of another
# finds what is none.
# shellcheck disable=SC2034
packages_format_release=12

# Prints the release's number: 12.
packages_release()
{
	sed -n 's/^VERSION_ID="\{0,1\}\([0-9]*\).*/\1/p' /etc/os-release
}

# Prints the package of clang's own runtime library (sanitizers, fuzzing), whose name holds the
# version of clang.
packages_clang_runtime()
{
	case $(packages_release) in
	12) echo libclang-rt-14-dev ;;
	13) echo libclang-rt-19-dev ;;
	*) apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p' | head -n 1 ;;
	esac
}

# Prints those of its arguments that are not installed.
packages_missing()
{
	local package
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			echo "$package"
	done
}

# Prints those of its arguments that apt can install.
packages_known()
{
	local package
	for package in "$@"; do
		[ -z "$(apt-cache madison "$package" 2>/dev/null)" ] || echo "$package"
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

# Prints the first mirror that this machine's apt takes a release of Debian from: it has the others
# too.
packages_mirror()
{
	{
		awk '$1 == "deb" { for (i = 2; i < NF; i++) if ($i ~ /^(http|https|file):/ && $(i + 1) ~ /^(bookworm|trixie)$/) print $i }' \
			/etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null
		awk '/^URIs:/ { uri = $2 } /^Suites:/ { for (i = 2; i <= NF; i++) if ($i ~ /^(bookworm|trixie)$/) print uri }' \
			/etc/apt/sources.list.d/*.sources 2>/dev/null
		echo http://deb.debian.org/debian
	} | head -n 1
}
