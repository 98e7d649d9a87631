#!/usr/bin/env python3
"""logins.py BOX.JSON: writes a shell script, to be run on the box, that tries every known default login: those that
the components name (`default-logins`) and every combination of the users and passwords that Instant OpenHIE's packages
are known for, wherever a login is asked for. Each must be refused."""
import json, shlex, sys, urllib.parse

# users and passwords of Instant OpenHIE v1, v2 and Jembi's platform, and of the programs themselves
USERS = ["root@openhim.org", "root", "admin", "postgres", "hapi", "test", "tut", "instant-client", "test-harness-client",
         "openhim", "instant", "dhis", "santedb", "Administrator"]
PASSWORDS = ["openhim-password", "instant101", "dev_password_only", "password", "admin", "test", "tut", "postgres",
             "hapi", "openhim", "Admin123", "district", "SanteDB123", "adminADMIN!", "openHIEdemo!123", "root", ""]
TOKENS = ["test", "test-harness-token", "instant101"]

box = json.load(open(sys.argv[1]))
named = [login for component in box["components"] for login in component.get("default-logins") or []]
clients = [s["user"] for c in box["components"] for s in c.get("secrets") or [] if s.get("user")]
q = shlex.quote
print(r'''
ok() { echo "ok - $1"; }
bad() { echo "not ok - $1: $2"; }
code() { curl -sk -o /dev/null -w '%{http_code}' --max-time 30 "$@"; }
tried=0
# refused NAME CODE
refused() { tried=$((tried + 1)); case $2 in 401|403) ;; *) bad "refused: $1" "got $2" ;; esac; }
openhim() {
	answer=$(curl -sk "https://127.0.0.1:8080/authenticate/$1")
	salt=$(echo "$answer" | sed -n 's/.*"salt":"\([^"]*\)".*/\1/p') ts=$(echo "$answer" | sed -n 's/.*"ts":"\([^"]*\)".*/\1/p')
	hash=$(printf '%s%s' "$salt" "$2" | sha512sum | cut -d' ' -f1)
	token=$(printf '%s%s%s' "$hash" "$salt" "$ts" | sha512sum | cut -d' ' -f1)
	code -H "auth-username: $1" -H "auth-ts: $ts" -H "auth-salt: $salt" -H "auth-token: $token" https://127.0.0.1:8080/channels
}
basic() { code -u "$1" "$2"; }
postgresql() { if PGPASSWORD=$2 psql -w -h 127.0.0.1 -U "$1" -d "$3" -c 'select 1' >/dev/null 2>&1; then echo accepted; else echo 401; fi; }
begun() { tried=0; }
ended() { ok "$1: $tried were tried"; }
''')

def attempt(user, password, url):
    parts = urllib.parse.urlsplit(url)
    name = q(f"{user}/{password} at {url}")
    if parts.scheme == "postgresql":
        print(f"refused {name} \"$(postgresql {q(user)} {q(password)} {q(parts.path[1:])})\"")
    elif parts.port == 8080:
        print(f"refused {name} \"$(openhim {q(user)} {q(password)})\"")
    else:
        print(f"refused {name} \"$(basic {q(user + ':' + password)} {q(url)})\"")

print("begun")
for login in named:
    attempt(login["user"], login["password"], login["url"])
print("ended 'default logins that components name'")
print("[ $tried -ge %d ] || bad 'default logins' 'fewer were tried than components name'" % max(len(named), 1))
for title, url, users in [("OpenHIM's API", "https://127.0.0.1:8080/", ["root@openhim.org", "admin", "root", "test"]),
                          ("router, http", "http://127.0.0.1:5001/fhir/metadata", sorted(set(USERS + clients))),
                          ("router, https", "https://127.0.0.1:5000/fhir/metadata", sorted(set(clients + ["test"]))),
                          ("PostgreSQL hapi", "postgresql://127.0.0.1:5432/hapi", ["hapi", "postgres", "admin", "root"])]:
    print("begun")
    for user in users:
        for password in PASSWORDS + [user]:
            attempt(user, password, url)
    print(f"ended {q(title)}")
print("begun")
for token in TOKENS:
    for kind in "Custom", "Bearer", "JWT":
        print(f"refused {q(kind + ' ' + token)} \"$(code -H {q(f'Authorization: {kind} {token}')} http://127.0.0.1:5001/fhir/metadata)\"")
print("ended 'known tokens'")
print("""
# no known password in what was rendered, and no hash of one in the databases
begun""")
for password in [p for p in PASSWORDS if p]:
    pattern = '(.*[^ ]=|.*: )?"?' + password.replace("!", "[!]") + '"?[ ,}]*'
    found = f"grep -rqxE {q(pattern)} /var/lib/hie/rendered /var/lib/hie/secrets"
    print(f"tried=$((tried + 1)); ! {found} || bad 'no known password' {q(password + ' is in a rendered file')}")
print("ended 'known passwords in rendered files'")
# what OpenHIM keeps of passwords, against every known one
hashes = r'''
const core = require("module").createRequire("/opt/openhim/node_modules/openhim-core/")
const mongoose = core("mongoose"), bcrypt = core("bcryptjs"), crypto = require("crypto")
const known = JSON.parse(process.argv[1])
const matches = (item, password) => {
  const salt = item.passwordSalt || "", hash = item.passwordHash || ""
  if (hash.startsWith("$2")) return bcrypt.compareSync(password, hash)
  return ["md5", "sha1", "sha256", "sha512"].some(kind => [salt + password, password + salt, password].some(text =>
    crypto.createHash(kind).update(text).digest("hex") === hash))
}
const connection = mongoose.createConnection("mongodb://127.0.0.1:27017/openhim")
connection.on("open", async () => {
  let looked = 0
  for (const name of ["users", "clients", "passports", "keystores"]) {
    for (const item of await connection.db.collection(name).find({}).toArray()) {
      if (!item.passwordHash && name !== "keystores") continue
      looked++
      for (const password of known)
        if (item.passwordHash && matches(item, password)) console.log(`not ok - ${name} ${item.email || item.clientID}: its password is ${password}`)
    }
  }
  console.log(looked > 5 ? `ok - ${looked} records of OpenHIM's store hold no known password` : `not ok - OpenHIM's store: only ${looked} records were found`)
  process.exit(0)
})
'''
words = json.dumps(PASSWORDS + USERS + clients)
print(f"setpriv --reuid=openhim --regid=openhim --clear-groups node -e {q(hashes)} {q(words)}")
print("echo END")
