#!/bin/sh
# Starts Redis ($ROLE primary or replica) or a Sentinel ($ROLE sentinel) of docker-compose.cluster.yml. The
# configuration is made once: from then on Sentinels write into it who is the primary.
set -eu
FOLDER=${FOLDER:-/data}
PRIMARY=${PRIMARY:-redis1}
PRIMARY_PORT=${PRIMARY_PORT:-6379}
file=$FOLDER/postrider.conf
if [ ! -f "$file" ]; then
  {
    echo "dir $FOLDER"
    echo 'protected-mode no'
    if [ "$ROLE" = sentinel ]; then
      echo "port ${PORT:-26379}"
      # Containers have names that stay, and addresses that do not.
      echo 'sentinel resolve-hostnames yes'
      echo 'sentinel announce-hostnames yes'
      echo "sentinel announce-ip ${NAME:-$(hostname)}"
      echo "sentinel monitor postrider $PRIMARY $PRIMARY_PORT ${QUORUM:-2}"
      echo 'sentinel down-after-milliseconds postrider 3000'
      echo 'sentinel failover-timeout postrider 10000'
    else
      echo "port ${PORT:-6379}"
      # Postrider demands both: nothing that it was told is stored may be lost.
      echo 'appendonly yes'
      echo 'maxmemory-policy noeviction'
      echo "replica-announce-ip ${NAME:-$(hostname)}"
      if [ "$ROLE" = replica ]; then echo "replicaof $PRIMARY $PRIMARY_PORT"; fi
    fi
  } > "$file"
fi
if [ "$ROLE" = sentinel ]; then exec redis-server "$file" --sentinel; fi
exec redis-server "$file"
