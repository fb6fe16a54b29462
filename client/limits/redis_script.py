"""The script that runs on Redis or Valkey: it takes an amount of a limit, or says when it fits.

A limit of a scope is a hash, and for sliding windows a sorted set for each kind of amount. Grants stand
in one line: each has a moment (`at` is that of the latest), and no grant comes before an earlier one.
Whoever is granted something waits until its moment. A bucket is kept as what is used of it at `at`,
a window as the grants in it. So whatever amounts are asked for, at their moments no limit is exceeded.

Moments are in seconds of the server's clock, in whole microseconds. The arguments are one JSON object:

    r, t     the meters of requests and of tokens, if there are: {cap, rate, grain} or {cap, span}
    amount   tokens that are asked for; one request is, too
    latest   the longest wait, left out if any will do
    count    requests that are taken at most, those beyond the first with moments up to `life` later
    give     [moment, requests, tokens] of earlier grants, to be given back; negative is taken besides
    hold     seconds in which nothing goes out
    left     what another server says is left of r and t

The answer is one text, for a list costs whoever reads it several times as much: a line each for the
verdict, its reason, the wait, the time, what is used of r and of t, the rest of a hold, and the requests
that were granted, each moment with `*` and how many.

What is given back counts as far as nobody could have had it in vain: a bucket that has been full since
is as full as it would have been without the grant. `lows` keeps the smallest fillings since then.
"""

from typing import Final

__all__ = ["SCRIPT"]

SCRIPT: Final = r"""
local asked = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local hash = {}
local raw = redis.call('HGETALL', KEYS[1])
for i = 1, #raw, 2 do hash[raw[i]] = raw[i + 1] end
local function field(name, default) return tonumber(hash[name]) or default end
local function text(number) return string.format('%.17g', number) end
local function up(number) return math.ceil(number * 1000000 - 0.001) / 1000000 end

local seen = field('seen', now)
local back = 0
if now < seen then
  if seen - now > 1 then back = seen - now else now = seen end
end
local at = hash.at and field('at') - back or now
local held = hash.held and field('held') - back or now

local TINY = 0.000001
local names = {'r', 't'}
local meters = {}
for i, name in ipairs(names) do
  local said = asked[name]
  if said then
    local m = {name = name, cap = said.cap, rate = said.rate, span = said.span, grain = said.grain}
    m.amount = name == 'r' and 1 or asked.amount
    if m.rate then
      m.used = field(name .. '.used', 0)
      m.from = field(name .. '.from', now)
      m.lows = {}
      for moment, low in string.gmatch(hash[name .. '.lows'] or '', '(%S+):(%S+)') do
        m.lows[#m.lows + 1] = {tonumber(moment), tonumber(low)}
      end
      if back > 0 then m.lows = {}; m.from = now end
    else
      m.key = KEYS[i + 1]
      m.total = field(name .. '.total', 0)
      m.number = field(name .. '.number', 0)
      m.head, m.list, m.count = 1, {}, redis.call('ZCARD', m.key)
      if m.count == 0 then m.total = 0 end
      if back > 0 then
        local all = redis.call('ZRANGE', m.key, 0, -1, 'WITHSCORES')
        for j = 1, #all, 2 do redis.call('ZADD', m.key, text(all[j + 1] - back), all[j]) end
      end
    end
    meters[#meters + 1] = m
  end
end

-- windows: grants are read as far as they are looked at

local function grant(m, index)
  while #m.list < index and #m.list < m.count do
    local last = #m.list == 0 and 3 or #m.list + 63
    local part = redis.call('ZRANGE', m.key, #m.list, last, 'WITHSCORES')
    if #part == 0 then return nil end
    for j = 1, #part, 2 do
      m.list[#m.list + 1] = {tonumber(part[j + 1]), tonumber(string.match(part[j], ':(.*)'))}
    end
  end
  return m.list[index]
end

local function pass(m, amount, moment)
  local head, total = m.head, m.total
  while true do
    local one = grant(m, head)
    if not one then return moment, head, 0 end
    if one[1] + m.span > moment then
      if total + amount <= m.cap + TINY then return moment, head, total end
      moment = up(one[1] + m.span)
    end
    total = total - one[2]
    head = head + 1
  end
end

local function enter(m, amount, moment)
  m.number = m.number + 1
  local member = string.format('%016.0f:', m.number) .. text(amount)
  redis.call('ZADD', m.key, text(moment), member)
  m.total = m.total + amount
  m.count = m.count + 1
end

-- buckets

local function low(m, moment, value)
  local lows = m.lows
  local last = lows[#lows]
  if last and math.floor(last[1] / m.grain) == math.floor(moment / m.grain) then
    value = math.min(value, last[2])
    table.remove(lows)
  end
  while #lows > 0 and lows[#lows][2] >= value do table.remove(lows) end
  lows[#lows + 1] = {moment, value}
  if #lows > 64 then m.from = table.remove(lows, 1)[1] end
end

local function filled(m, moment) return math.max(0, m.used - m.rate * math.max(0, moment - at)) end

local function go_to(moment)
  for _, m in ipairs(meters) do
    if m.rate then
      m.used = filled(m, moment)
      low(m, moment, m.used)
    end
  end
  at = math.max(at, moment)
end

-- what others have said since

for _, given in ipairs(asked.give or {}) do
  local moment = tonumber(given[1])
  for _, m in ipairs(meters) do
    local amount = m.name == 'r' and given[2] or given[3]
    if m.rate then
      if amount < 0 then
        go_to(math.max(at, now))
        m.used = m.used - amount
      elseif amount > 0 and moment >= m.from then
        amount = math.min(amount, m.used)
        for _, each in ipairs(m.lows) do
          if each[1] > moment then amount = math.min(amount, each[2]) end
        end
        m.used = m.used - amount
        local lows = m.lows
        m.lows = {}
        for _, each in ipairs(lows) do
          local value = each[1] > moment and each[2] - amount or each[2]
          while #m.lows > 0 and m.lows[#m.lows][2] >= value do table.remove(m.lows) end
          m.lows[#m.lows + 1] = {each[1], value}
        end
      end
    elseif amount < 0 then
      at = math.max(at, now)
      enter(m, -amount, at)
    elseif amount > 0 then
      local score = text(moment)
      for _, member in ipairs(redis.call('ZRANGEBYSCORE', m.key, score, score)) do
        local much = tonumber(string.match(member, ':(.*)'))
        local part = math.min(much, amount)
        redis.call('ZREM', m.key, member)
        if much > part then
          redis.call('ZADD', m.key, score, string.match(member, '.*:') .. text(much - part))
        end
        amount = amount - part
        m.total = m.total - part
        if amount <= 0 then break end
      end
      m.list, m.count = {}, redis.call('ZCARD', m.key)
    end
  end
end
if asked.hold then held = math.max(held, now + asked.hold) end
for _, m in ipairs(meters) do
  local left = asked.left and asked.left[m.name]
  if left and m.rate then
    go_to(math.max(at, now))
    m.used = math.max(m.used, math.min(m.cap, m.cap - left))
  elseif left then
    local moment, head, total = pass(m, 0, math.max(at, now))
    if m.cap - left > total then
      at = math.max(at, now)
      enter(m, m.cap - left - total, at)
    end
  end
end

-- what is asked for

local verdict, why, reason, first = 'granted', '', nil, nil
local runs, run, length = {}, nil, 0
for _, m in ipairs(meters) do
  if m.amount > m.cap + TINY then verdict, why = 'never', m.name end
end
for number = 1, verdict == 'never' and 0 or asked.count do
  local moment = math.max(now, at)
  if held > moment then moment, why = held, 'held' end
  for _, m in ipairs(meters) do
    local fits = moment
    if m.span then
      fits = pass(m, m.amount, moment)
    elseif filled(m, moment) + m.amount > m.cap + TINY then
      fits = up(at + (m.used + m.amount - m.cap) / m.rate)
    end
    if fits > moment then moment, why = fits, m.name end
  end
  moment = up(moment)
  if number == 1 then
    first, reason = moment, why
    if asked.latest and moment - now > asked.latest + TINY then verdict = 'denied'; break end
  elseif moment > first + asked.life then break end
  go_to(moment)
  for _, m in ipairs(meters) do
    if m.rate then
      m.used = m.used + m.amount
    else
      local _, head, total = pass(m, m.amount, moment)
      m.head, m.total = head, total
      if m.amount > 0 then enter(m, m.amount, moment) end
    end
  end
  moment = string.format('%.6f', moment)
  if moment ~= run then run, length = moment, 0; runs[#runs + 1] = '' end
  length = length + 1
  runs[#runs] = run .. '*' .. string.format('%d', length)
end

-- what is kept

local keep = math.max(0, held - now)
local changed = {'seen', text(now), 'at', text(at), 'held', text(held)}
local function change(name, value)
  changed[#changed + 1] = name
  changed[#changed + 1] = value
end
local used = {r = '', t = ''}
for _, m in ipairs(meters) do
  if m.rate then
    local lows = {}
    for _, each in ipairs(m.lows) do lows[#lows + 1] = text(each[1]) .. ':' .. text(each[2]) end
    change(m.name .. '.used', text(m.used))
    change(m.name .. '.from', text(m.from))
    change(m.name .. '.lows', table.concat(lows, ' '))
    keep = math.max(keep, at - now + m.used / m.rate)
    used[m.name] = text(filled(m, now))
  else
    if m.head > 1 then redis.call('ZREMRANGEBYRANK', m.key, 0, m.head - 2) end
    change(m.name .. '.total', text(m.total))
    change(m.name .. '.number', text(m.number))
    keep = math.max(keep, at - now + m.span)
    used[m.name] = text(m.total)
  end
end
redis.call('HSET', KEYS[1], unpack(changed))
for i, key in ipairs(KEYS) do redis.call('PEXPIRE', key, math.ceil(keep * 1000) + 1000) end
local wait = first and text(first - now) or ''
return table.concat({verdict, reason or why, wait, text(now), used.r, used.t,
  text(math.max(0, held - now)), table.concat(runs, ' ')}, '\n')
"""
