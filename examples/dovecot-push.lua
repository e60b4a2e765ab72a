-- Tells Postrider of every change of a mailbox, at the moment it happens, so that no IMAP
-- connection has to be held for a waiting phone. For Dovecot 2.3 and 2.4 with Lua 5.3 or newer.
--
-- Debian and Ubuntu: apt-get install dovecot-auth-lua lua-socket   (for https:// also lua-sec)
--
--   mail_plugins = $mail_plugins notify mail_lua push_notification push_notification_lua
--   plugin {
--     push_notification_driver = lua:file=/etc/dovecot/dovecot-push.lua
--     postrider_url = http://127.0.0.1:8080/postrider/changes
--     postrider_secret = the value of `webhook.secret` in Postrider's configuration
--   }
--
-- The plugins must be loaded for imap and lmtp (and lda): flags and moves happen in IMAP sessions.
-- Each request is signed: X-Postrider-Signature is "t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hex>".
-- Postrider being down never delays mail by more than TIMEOUT; phones then notice at their next look.

local http = require("socket.http")
local ltn12 = require("ltn12")
local socket = require("socket")

local TIMEOUT = 0.5

-- SHA-256 (FIPS 180-4) and HMAC (RFC 2104), since Dovecot's Lua has neither.

local K = {}
do
  local function fraction(root) return math.floor((root - math.floor(root)) * 2 ^ 32) end
  local n, primes = 2, 0
  while primes < 64 do
    local prime = true
    for d = 2, math.floor(n ^ 0.5) do if n % d == 0 then prime = false break end end
    if prime then primes = primes + 1; K[primes] = fraction(n ^ (1 / 3)) end
    n = n + 1
  end
end

local START = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 }

local function rotate(x, n) return ((x >> n) | (x << (32 - n))) & 0xffffffff end

local function sha256(message)
  local length = #message
  message = message .. "\128" .. string.rep("\0", (55 - length) % 64) .. string.pack(">I8", length * 8)
  local h = { table.unpack(START) }
  for chunk = 1, #message, 64 do
    local w = { string.unpack(">" .. string.rep("I4", 16), message, chunk) }
    for i = 17, 64 do
      local a, b = w[i - 15], w[i - 2]
      local s0 = rotate(a, 7) ~ rotate(a, 18) ~ (a >> 3)
      local s1 = rotate(b, 17) ~ rotate(b, 19) ~ (b >> 10)
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) & 0xffffffff
    end
    local a, b, c, d, e, f, g, hh = table.unpack(h)
    for i = 1, 64 do
      local s1 = rotate(e, 6) ~ rotate(e, 11) ~ rotate(e, 25)
      local t1 = hh + s1 + ((e & f) ~ (~e & g)) + K[i] + w[i]
      local s0 = rotate(a, 2) ~ rotate(a, 13) ~ rotate(a, 22)
      local t2 = s0 + ((a & b) ~ (a & c) ~ (b & c))
      hh, g, f, e, d, c, b, a = g, f, e, (d + t1) & 0xffffffff, c, b, a, (t1 + t2) & 0xffffffff
    end
    for i, x in ipairs({ a, b, c, d, e, f, g, hh }) do h[i] = (h[i] + x) & 0xffffffff end
  end
  return string.pack(">" .. string.rep("I4", 8), table.unpack(h))
end

local function hmac(key, message)
  if #key > 64 then key = sha256(key) end
  key = key .. string.rep("\0", 64 - #key)
  local function pad(with) return (key:gsub(".", function(c) return string.char(c:byte() ~ with) end)) end
  return sha256(pad(0x5c) .. sha256(pad(0x36) .. message))
end

local function hex(bytes) return (bytes:gsub(".", function(c) return string.format("%02x", c:byte()) end)) end

local function json(text)
  return '"' .. tostring(text):gsub('[%c"\\\127]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

-- What an event means to a waiting phone: something new to fetch, another folder, or some change. One event
-- of each kind a mailbox is enough: ten thousand flags set at once are told in one small request.
local KIND = { MessageNew = "arrived", MessageAppend = "arrived" }

local function note(context, event)
  local kind = KIND[event.name] or (event.name:match("^Mailbox") and "folder") or "changed"
  local key = event.mailbox .. "\0" .. kind
  if context.seen[key] then return end
  context.seen[key] = true
  context.events[#context.events + 1] = string.format(
    '{"mailbox":%s,"event":%s}', json(event.mailbox), json(event.name))
end

function dovecot_lua_notify_begin_txn(user)
  return {
    user = user.username,
    url = user:plugin_getenv("postrider_url"),
    secret = user:plugin_getenv("postrider_secret"),
    events = {},
    seen = {},
  }
end

local function connect()
  local connection = socket.tcp()
  connection:settimeout(TIMEOUT)
  return connection
end

function dovecot_lua_notify_end_txn(context, success)
  if #context.events == 0 or context.url == nil or context.secret == nil then return end
  local body = string.format('{"user":%s,"events":[%s]}', json(context.user), table.concat(context.events, ","))
  local seconds = tostring(os.time())
  local request = {
    url = context.url,
    method = "POST",
    headers = {
      ["Content-Type"] = "application/json",
      ["Content-Length"] = tostring(#body),
      ["X-Postrider-Signature"] = "t=" .. seconds .. ",v1=" .. hex(hmac(context.secret, seconds .. "." .. body)),
    },
    source = ltn12.source.string(body),
  }
  if context.url:match("^https:") then
    local https = require("ssl.https")
    https.TIMEOUT = TIMEOUT
    https.request(request)
  else
    request.create = connect
    http.request(request)
  end
end

function dovecot_lua_notify_event_message_new(context, event) note(context, event) end
function dovecot_lua_notify_event_message_append(context, event) note(context, event) end
function dovecot_lua_notify_event_message_expunge(context, event) note(context, event) end
function dovecot_lua_notify_event_message_read(context, event) note(context, event) end
function dovecot_lua_notify_event_message_trash(context, event) note(context, event) end
function dovecot_lua_notify_event_flags_set(context, event) note(context, event) end
function dovecot_lua_notify_event_flags_clear(context, event) note(context, event) end
function dovecot_lua_notify_event_mailbox_create(context, event) note(context, event) end
function dovecot_lua_notify_event_mailbox_delete(context, event) note(context, event) end
function dovecot_lua_notify_event_mailbox_rename(context, event) note(context, event) end
function dovecot_lua_notify_event_mailbox_subscribe(context, event) note(context, event) end
function dovecot_lua_notify_event_mailbox_unsubscribe(context, event) note(context, event) end
