#!/bin/sh
# Fills the mail domain into Postfix's configuration and starts it.
set -eu
sed "s/@MAIL_DOMAIN@/$MAIL_DOMAIN/" /etc/postfix/main.cf.in > /etc/postfix/main.cf
# Without chroot names of other containers are found by the system's resolver.
exec postfix start-fg
