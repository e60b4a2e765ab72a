#!/bin/sh
# Makes a certificate authority and one certificate for each of $NAMES in $FOLDER; keeps those that are there.
set -eu
cd "$FOLDER"
days=3650
key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
umask 077
if [ ! -f ca.pem ]; then
  # shellcheck disable=SC2086
  openssl req -x509 $key -days $days -subj '/CN=Postrider mail system' -keyout ca.key -out ca.pem
fi
for name in $NAMES; do
  [ -f "$name.pem" ] && continue
  # shellcheck disable=SC2086
  openssl req $key -subj "/CN=$name" -keyout "$name.key" -out "$name.csr"
  printf 'subjectAltName=DNS:%s\n' "$name" > "$name.ext"
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days $days -extfile "$name.ext" -out "$name.pem"
  rm "$name.csr" "$name.ext"
done
# The authority's certificate is for everybody; Dovecot and Postfix read their keys as root.
chmod 0755 .
chmod 0644 ./*.pem
