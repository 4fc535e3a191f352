# SPDX-License-Identifier: BSD-2-Clause
"""Zones that hold every case of RFC 1034 4.3.2, RFC 4592 and RFC 6672, for three servers to read."""

CORP = r"""$ORIGIN corp.example.
$TTL 3600
@	7200 SOA ns1 hostmaster 7 3600 600 86400 300
@	NS ns1
@	NS ns2.other.example.
@	MX 10 mail
@	MX 20 mail.other.example.
@	TXT "v=spf1 -all" "second"
@	A 10.0.0.1
@	CAA 0 issue "ca.example"
ns1	A 10.0.0.53
ns1	AAAA fd00::53
mail	A 10.0.0.25
mail	600 AAAA fd00::25
www	60 A 10.0.0.80
www	60 A 10.0.0.81
www	120 AAAA fd00::80
www	HINFO "PC" "Linux"
only-aaaa	AAAA fd00::1
MiXed.CaSe	A 10.0.0.2
MiXed.CaSe	MX 5 MaiL.CORP.example.
unknown	TYPE65280 \# 4 0A000001
unknown	TYPE65281 \# 0
unknown	A 10.0.0.3
esc\.aped	A 10.0.0.4
sp\032ace	A 10.0.0.5
\000\255bin	A 10.0.0.6
\*.literal	A 10.0.0.7
under_score._tcp	TXT "under"
; --- empty non-terminals
a.deep.empty.path	A 10.0.1.1
b.deep.empty.path	TXT "b"
; --- wildcards (RFC 4592)
*.wild	A 10.0.2.1
*.wild	TXT "wild"
*.wild	MX 10 mail
here.wild	A 10.0.2.2
x.ent.wild	A 10.0.2.3
sub.*.wild	TXT "below an asterisk"
*.wc	CNAME www
*.wcout	CNAME alias.other.example.
*.wcself	CNAME x.wcself
*.wcdeep	CNAME gone.nowhere
*.wcwild	CNAME foo.wild
*.nodata	TXT "only text"
*.star.wc2	A 10.0.2.9
*.wc2	A 10.0.2.8
*.wdel	A 10.0.2.10
cut.wdel	NS ns.elsewhere.example.
*.wsrv	SRV 0 0 88 www
; --- aliases
alias	CNAME www
alias2	CNAME alias
alias3	CNAME alias2
loop1	CNAME loop2
loop2	CNAME loop1
self	CNAME self
dangling	CNAME nowhere
nodata-alias	CNAME only-aaaa
toent	CNAME deep.empty.path
out	CNAME www.other.example.
out2	CNAME back.other.example.
outgone	CNAME gone.other.example.
outside	CNAME www.elsewhere.test.
tocut	CNAME host.plain
tochild	CNAME www.child
tochildgone	CNAME gone.child
towild	CNAME some.thing.wild
todname	CNAME a.dn
todnamechain	CNAME a.dnchain
xzloop	CNAME xzloop.other.example.
toroot	CNAME .
; --- delegations
plain	NS ns.elsewhere.test.
plain	NS ns2.elsewhere.test.
glued	NS ns1.glued
glued	NS ns2.deep.glued
glued	DS 12345 8 2 0101010101010101010101010101010101010101010101010101010101010101
ns1.glued	A 10.1.0.1
ns1.glued	AAAA fd00:1::1
ns2.deep.glued	A 10.1.0.2
sibling	NS ns1.glued
sibling	NS ns1
half	NS ns.half
half	NS ns.elsewhere.test.
ns.half	A 10.1.0.9
hidden.half	A 10.1.0.10
more.hidden.half	TXT "occluded"
*.half	A 10.1.0.11
cut2.half	NS ns.cut2.half
ns.cut2.half	A 10.1.0.12
noglue	NS ns.noglue
ent.above.cut	NS ns.ent.above.cut
ns.ent.above.cut	A 10.1.0.13
xzone	NS www.other.example.
nsalias	NS alias
child	NS ns.child
child	NS ns1
child	DS 54321 8 2 0202020202020202020202020202020202020202020202020202020202020202
ns.child	A 10.2.0.53
stale.child	A 10.2.0.99
; --- DNAME (RFC 6672)
dn	DNAME target.dn2
dn	A 10.3.0.1
dn	TXT "beside"
host.target.dn2	A 10.3.0.2
deep.host.target.dn2	A 10.3.0.3
dnout	DNAME dn.other.example.
dnchain	DNAME dn
dnloop	DNAME below.dnloop3
dnself	DNAME x.dnself2
below.dnloop3	DNAME dnloop
dnwild	DNAME wild
dngone	DNAME nowhere.gone
dnroot	DNAME .
dnlong	DNAME llllllllllllllllllllllllllllllllllllllllllllllllllllllllllll.llllllllllllllllllllllllllllllllllllllllllllllllllllllllllll.llllllllllllllllllllllllllllllllllllllllllllllllllllllllllll.target
d1.deep.dname	DNAME dn
tocutdn	DNAME plain
; --- additional data
_kerberos._tcp	SRV 0 100 88 www
_kerberos._tcp	SRV 0 100 88 mail
_sip._udp	SRV 0 100 5060 mail.other.example.
_sip2._udp	SRV 0 100 5060 host.plain
_sip3._udp	SRV 0 100 5060 alias
_sip4._udp	SRV 0 100 5060 some.wild
_none._udp	SRV 0 0 0 .
mxs	MX 10 www
mxs	MX 20 ns1.glued
mxs	MX 30 nowhere
mxs	MX 40 www.child
nullmx	MX 0 .
https	HTTPS 1 . alpn=h2
https	A 10.4.0.1
https2	HTTPS 1 www alpn=h2,h3 port=8443
https3	HTTPS 0 www
svc	SVCB 1 mail.other.example. port=53
svc	SVCB 0 https2
naptr	NAPTR 100 10 "S" "SIP+D2U" "" _sip._udp
afs	AFSDB 1 mail
kx	KX 1 mail
uri	URI 10 1 "https://example/"
tlsa	TLSA 3 1 1 0303030303030303030303030303030303030303030303030303030303030303
sshfp	SSHFP 1 2 0404040404040404040404040404040404040404040404040404040404040404
dhcid	DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
loc	LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
ptr	PTR www
rp	RP admin text
apl	APL 1:10.0.0.0/8 !1:10.1.0.0/16
; --- what does not fit
"""

OTHER = r"""$ORIGIN other.example.
$TTL 1800
@	60 SOA ns2 hostmaster 9 3600 600 86400 900
@	NS ns2
@	NS ns1.corp.example.
ns2	A 10.5.0.53
www	A 10.5.0.80
mail	A 10.5.0.25
mail	AAAA fd00:5::25
alias	CNAME www.corp.example.
back	CNAME alias.corp.example.
xzloop	CNAME xzloop.corp.example.
host.dn	A 10.5.0.1
*.dnw	A 10.5.0.2
toglue	CNAME ns1.glued.corp.example.
tocut	CNAME x.plain.corp.example.
"""

CHILD = r"""$ORIGIN child.corp.example.
$TTL 900
@	SOA ns hostmaster 3 3600 600 86400 60
@	NS ns
@	TXT "child"
ns	A 10.2.0.54
www	A 10.2.0.80
up	CNAME www.corp.example.
upgone	CNAME gone.corp.example.
grand	NS ns.grand
ns.grand	A 10.2.1.53
*.w	TXT "child's wild"
"""


def big_sets():
    """RRsets whose answers cross 512 and 1232 bytes, and one that needs TCP."""
    lines = []
    for count in (20, 25, 26, 27, 28, 29, 30, 31, 70, 71, 72, 73, 74, 75, 76, 77, 300):
        lines += [f"many{count} A 10.8.{i // 256}.{i % 256}" for i in range(count)]
    for count in (1, 2, 3, 4, 5, 6):
        lines += [f'text{count} TXT "{i}{"x" * 220}"' for i in range(count)]
    lines += [f"bigcut NS ns{i}.bigcut" for i in range(13)]
    for i in range(13):
        lines += [f"ns{i}.bigcut A 10.9.0.{i}", f"ns{i}.bigcut AAAA fd00:9::{i:x}"]
    lines += [f"bigmx MX {i} mx{i}" for i in range(12)]
    for i in range(12):
        lines += [f"mx{i} A 10.9.1.{i}", f"mx{i} AAAA fd00:9:1::{i:x}"]
    return "\n".join(lines) + "\n"


ZONES = {
    "corp.example": CORP + big_sets(),
    "other.example": OTHER,
    "child.corp.example": CHILD,
}
