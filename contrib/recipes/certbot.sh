#!/bin/sh
# certbot gets the certificate, and remembers for its renewals how. An update is on disk and answered when it
# returns: 60 seconds, the default, are not needed; with secondaries that the CA asks, some are.
set -eu
certbot certonly --non-interactive --agree-tos --email hostmaster@corp.example \
	--dns-rfc2136 --dns-rfc2136-credentials /etc/letsencrypt/tenure.ini --dns-rfc2136-propagation-seconds 5 \
	-d www.corp.example
