#!/bin/sh
# security.sh WHAT, run as root on the booted demo by 31-security.sh. Prints TAP lines and, last, END.
#   box     who may reach what on the box, units, setuid bits, secrets at rest, client certificates
#   production  what mode production changes
#   listen  starts listeners on ports that nobody named, for a scan from outside, and waits until told to end
what=$1
say() { echo "$*"; }
ok() { say "ok - $1"; }
bad() { say "not ok - $1: $2"; }
# is NAME EXPECTED ACTUAL
is() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "expected $2, got $3"; fi; }
code() { curl -s -o /dev/null -w '%{http_code}' --max-time 20 "$@"; }
secret() { cat "/var/lib/hie/secrets/$1"; }
authority=/var/lib/hie/tls/ca.crt
work=/run/hie-security
mkdir -p $work
chmod 700 $work

# as USER PORT: does a program of this user reach the port on the loopback?
as() {
	if setpriv --reuid="$1" --regid="$(id -g "$1")" --clear-groups curl -s -m 5 --connect-timeout 3 -o /dev/null "telnet://127.0.0.1:$2" </dev/null
	then echo yes; else [ $? = 7 ] && echo no || echo yes; fi
}

# Ports for services: what listens there asks for no password.
services() {
	nft list chain inet filter output | sed -n 's/.*dport \([0-9]*\) meta skuid != { \(.*\) } reject.*/\1 \2/p' >$work/services
	is "six ports are for services alone" 6 "$(wc -l <$work/services)"
	while read -r port users; do
		for user in $(cut -d: -f1 /etc/passwd); do
			may=no
			for id in $(echo "$users" | tr -d ,); do [ "$(id -u "$user")" != "$id" ] || may=yes; done
			[ "$(as "$user" "$port")" = $may ] || bad "port $port for $user" "expected $may"
		done
		ok "port $port: every user of the box was tried"
		is "port $port refuses the page's user" no "$(as hie-page "$port")"
		is "port $port refuses nginx" no "$(as www-data "$port")"
	done <$work/services
	is "root reaches HAPI" yes "$(as root 3447)"
	is "OpenHIM reaches its store" yes "$(as openhim 27017)"
	is "HAPI does not reach OpenHIM's store" no "$(as hapi 27017)"
}

client() { code --cacert $authority --cert "$1" https://localhost:5000/fhir/metadata; }

# A key and a certificate of a client, made as somebody else would make them. sign NAME OUT [openssl req options…]
sign() {
	name=$1 file=$2; shift 2
	openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -sha256 -subj "/O=hiebox client/CN=$name" \
		-addext extendedKeyUsage=clientAuth -keyout "$file.key" -out "$file.crt" "$@" 2>/dev/null
	cat "$file.key" "$file.crt" >"$file.pem"
}

certificates() {
	hie client-certificate pos-clinic-a >$work/a.pem
	is "a client's certificate was made" 0 $?
	sleep 2
	is "the box keeps no client's key" "" "$(grep -rl 'PRIVATE KEY' /var/lib/hie/clients)"
	is "5000 with the box's client certificate and no password" 200 "$(client $work/a.pem)"
	is "5000 with a password" 200 "$(code --cacert $authority -u "pos-clinic-b:$(secret pos-clinic-b)" https://localhost:5000/fhir/metadata)"
	is "5000 with neither" 401 "$(code --cacert $authority https://localhost:5000/fhir/metadata)"
	is "5000 with a wrong password" 401 "$(code --cacert $authority -u pos-clinic-b:wrong https://localhost:5000/fhir/metadata)"
	said=$(hie client-certificate observer --pkcs12 $work/observer.p12)
	sleep 2
	is "a client without a role stays without rights" 401 "$(code --cacert $authority --cert-type P12 \
		--cert "$work/observer.p12:$(echo "$said" | sed -n 's/.*shown this once: //p')" https://localhost:5000/fhir/metadata)"
	is "the PKCS#12 file is root's alone" 600 "$(stat -c %a $work/observer.p12)"
	sign pos-clinic-a $work/stranger
	is "a stranger's own certificate is refused" 401 "$(client $work/stranger.pem)"
	sign authority $work/other-authority -addext basicConstraints=critical,CA:true
	sign pos-clinic-a $work/other -CA $work/other-authority.crt -CAkey $work/other-authority.key
	is "another authority's certificate is refused" 401 "$(client $work/other.pem)"
	sign pos-clinic-a $work/unknown -CA $authority -CAkey /var/lib/hie/tls/ca.key
	is "one that the box signed and does not know is refused" 401 "$(client $work/unknown.pem)"
	cp /var/lib/hie/clients/pos-clinic-a.crt $work/good.crt
	sign hospital $work/old -CA $authority -CAkey /var/lib/hie/tls/ca.key -not_before 20200101000000Z -not_after 20210101000000Z
	cp $work/old.crt /var/lib/hie/clients/hospital.crt; sleep 2
	is "an expired one is refused, though it is known" 401 "$(client $work/old.pem)"
	hie client-certificate hospital --revoke >/dev/null
	cat /var/lib/hie/tls/server.key /var/lib/hie/tls/server.crt >$work/server.pem
	cp /var/lib/hie/tls/server.crt /var/lib/hie/clients/hospital.crt; sleep 2
	is "the box's own certificate is none of a client" 401 "$(client $work/server.pem)"
	hie client-certificate hospital --revoke >/dev/null
	hie client-certificate pos-clinic-a >$work/a2.pem; sleep 2
	is "a new certificate replaces the old one" "401 200" "$(client $work/a.pem) $(client $work/a2.pem)"
	hie client-certificate pos-clinic-a --revoke >/dev/null; sleep 2
	is "a revoked certificate is refused" 401 "$(client $work/a2.pem)"
	systemctl restart openhim
	is "and is so after a restart" 401 "$(client $work/a2.pem)"
	is "https knows nothing older than TLS 1.2" "" "$(echo | openssl s_client -connect localhost:5000 -tls1_1 2>/dev/null | sed -n 's/^ *Protocol *: //p' | grep -v TLSv1.[23])"
}

units() {
	systemd-analyze security --no-pager | awk 'NR > 1 && $2 + 0 > 4.0 {print $1, $2}' | while read -r unit figure; do say "EXPOSED $unit $figure"; done
	for unit in $(cd /usr/lib/systemd/system && ls -d hie-*.service nftables.service); do
		figure=$(systemd-analyze security --no-pager "$unit" 2>/dev/null | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
		awk "BEGIN { exit !(${figure:-0} > 4.0) }" && say "EXPOSED $unit $figure"
	done
	systemd-analyze security --no-pager | awk 'NR > 1 {print "# " $1, $2}'
	is "no unit that runs has failed" "" "$(systemctl --failed --no-legend --plain)"
}

programs() {
	is "no program is setuid or setgid" "" "$(find / -xdev -type f -perm /6000)"
	is "no program has rights of its own" "" "$(getcap -r / 2>/dev/null)"
	is "without a key SSH does not run" inactive "$(systemctl is-active ssh)"
	is "nor does it listen" "" "$(ss -Hltn 'sport = :22')"
	is "no memory dumps" 0 "$(systemctl show -P DefaultLimitCORE)"
	is "files of others: nothing that anybody may write to" "" "$(find / -xdev \( -path /proc -o -path /sys \) -prune -o -type f -perm -o+w -print)"
}

# Nothing in the box's state is readable for who should not, and no known secret is in it.
at_rest() {
	for file in /var/lib/hie/secrets /var/lib/hie/tls/ca.key /var/lib/hie/tls/server.key /var/lib/hie/rendered/hapi.env \
		/var/lib/hie/rendered/openhim-import.json /var/lib/openhim /var/lib/hapi /var/lib/postgresql/17/main /var/log/journal; do
		for user in hie-page www-data nobody; do
			[ -e "$file" ] || continue
			setpriv --reuid=$user --regid="$(id -g $user)" --clear-groups head -c 1 "$file"/* >/dev/null 2>&1 && bad "$file" "$user reads it"
			setpriv --reuid=$user --regid="$(id -g $user)" --clear-groups head -c 1 "$file" >/dev/null 2>&1 && bad "$file" "$user reads it"
		done
	done
	ok "the page, nginx and nobody were tried on the box's secrets"
	for name in $(ls /var/lib/hie/secrets); do
		grep -qF -- "$(secret "$name")" /proc/[0-9]*/cmdline 2>/dev/null && bad "secret $name" "is in a command line"
		journalctl -q --no-pager -o cat | grep -qF -- "$(secret "$name")" && bad "secret $name" "is in the journal"
	done
	ok "no secret in a command line or in the journal ($(ls /var/lib/hie/secrets | wc -l) were searched)"
	PGPASSWORD=$(secret hapi-database) psql -h 127.0.0.1 -U hapi -d hapi -Atc "select 1" >/dev/null || bad "the database" "cannot be asked"
	runuser -u postgres -- psql -Atc "select rolname, rolpassword from pg_authid where rolpassword is not null" >$work/roles 2>&1
	is "PostgreSQL keeps SCRAM hashes alone" "" "$(grep -v '|SCRAM-SHA-256' $work/roles)"
	is "and nobody but HAPI has a password" "hapi" "$(cut -d'|' -f1 $work/roles | tr '\n' ' ' | sed 's/ $//')"
}

# A light box with `mode: production` and a key in its recipe.
production() {
	hie status --wait 100 >/dev/null
	is "it is well" 0 "$(hie status >/dev/null; echo $?)"
	ip address add 192.0.2.9/32 dev lo
	is "http from elsewhere leads to https" "301 https://192.0.2.9/en?x=1" \
		"$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' --interface 192.0.2.9 'http://192.0.2.9/en?x=1')"
	is "https from elsewhere answers" 200 "$(code -kL --interface 192.0.2.9 https://192.0.2.9/)"
	is "nobody is logged in at the console" "" "$(ps -eo args | grep -E '[a]utologin')"
	is "SSH runs, for there is a key" active "$(systemctl is-active ssh)"
	is "nobody has a password" "" "$(awk -F: '$2 !~ /^[!*]/ {print $1}' /etc/shadow)"
	for name in $(ls /var/lib/hie/secrets); do
		grep -qrF -- "$(secret "$name")" /run/issue* /etc/issue* /run/hie/status.json /run/motd* 2>/dev/null && bad "secret $name" "is shown"
		curl -sk https://127.0.0.1/ | grep -qF -- "$(secret "$name")" && bad "secret $name" "is on the page"
	done
	ok "no password on the console's greeting, the page or in status.json"
}

listen() {
	# for the scan: something answers here, and the firewall alone keeps it from the network
	node -e 'for (const port of [81, 2222, 3448, 9999, 50000]) require("net").createServer(s => s.end()).listen(port, "::");
		for (const port of [69, 123, 161, 1900, 50000]) { const s = require("dgram").createSocket("udp4"); s.on("message", (m, r) => s.send(m, r.port, r.address)); s.bind(port) }
		setTimeout(() => process.exit(), 600000)' &
	echo $! >$work/listener
}

case $what in
box) programs; services; units; at_rest; certificates ;;
listen) listen ;;
production) production ;;
*) bad "security.sh" "unknown test $what" ;;
esac
say "END"
