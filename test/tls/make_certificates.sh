#!/usr/bin/env bash
# make_certificates.sh DIRECTORY: an authority and what it, or somebody else, signed. Of each NAME there is NAME.pem (the
# certificate and those between it and the authority) and NAME.key.
set -euo pipefail
command -v openssl >/dev/null || exit 77
mkdir -p "$1"
cd "$1"

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# authority NAME [SIGNER]
authority() {
  new_key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  local extensions=$'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
  if [ $# -eq 1 ]; then
    openssl x509 -req -in "$1.csr" -signkey "$1.key" -days 30 -extfile <(printf '%s' "$extensions") -out "$1.pem"
  else
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 30 \
      -extfile <(printf '%s' "$extensions") -out "$1.pem"
  fi
}

# leaf NAME SIGNER SUBJECT [SUBJECT_ALT_NAMES] [EXTENSION...]
leaf() {
  local name=$1 signer=$2 subject=$3 names=${4:-} extensions=$'basicConstraints=CA:FALSE\n'
  shift 3
  [ $# -eq 0 ] || shift
  [ -z "$names" ] || extensions+="subjectAltName=$names"$'\n'
  [ $# -eq 0 ] || extensions+=$(printf '%s\n' "$@")
  [ -f "$name.key" ] || new_key "$name"
  openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr"
  openssl x509 -req -in "$name.csr" -CA "$signer.pem" -CAkey "$signer.key" -CAcreateserial -days "${days:-30}" \
    -extfile <(printf '%s' "$extensions") -out "$name.leaf"
  cat "$name.leaf" "$signer.pem" >"$name.pem"
}

# dated NAME FROM UNTIL: only `openssl ca` takes dates of the past.
dated() {
  new_key "$1"
  openssl req -new -key "$1.key" -subj /CN=localhost -out "$1.csr"
  : >index
  openssl ca -batch -notext -config <(
    cat <<'END'
[ca]
default_ca = here
[here]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = server
[any]
commonName = supplied
[server]
basicConstraints = CA:FALSE
subjectAltName = DNS:localhost,IP:127.0.0.1
END
  ) -cert ca.pem -keyfile ca.key -in "$1.csr" -startdate "$2" -enddate "$3" -out "$1.pem"
}

{
  authority ca
  authority between ca
  authority other
  leaf server between /CN=server DNS:localhost,DNS:backend.example,IP:127.0.0.1,IP:::1
  openssl genrsa -out rsa.key 2048
  leaf rsa ca /CN=rsa DNS:localhost,IP:127.0.0.1
  leaf strangers other /CN=localhost DNS:localhost,IP:127.0.0.1
  leaf elsewhere ca /CN=elsewhere DNS:elsewhere.example,IP:192.0.2.1
  leaf wildcard ca /CN=wildcard 'DNS:*.example.test'
  leaf odd_wildcards ca /CN=odd 'DNS:*.com,DNS:a*.example.test,DNS:www.*.test,DNS:*'
  leaf named_by_subject ca /CN=localhost
  leaf named_by_both ca /CN=localhost DNS:elsewhere.example
  leaf client_only ca /CN=localhost DNS:localhost,IP:127.0.0.1 extendedKeyUsage=clientAuth
  # Signed by what is no authority.
  leaf pretender server /CN=localhost DNS:localhost,IP:127.0.0.1
  dated expired 20200101000000Z 20210101000000Z
  dated future 20400101000000Z 20410101000000Z
  new_key self
  openssl req -new -x509 -key self.key -subj /CN=localhost -days 30 -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -out self.pem
} >log 2>&1 || {
  cat log >&2
  exit 1
}
