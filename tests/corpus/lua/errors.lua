-- pcall, error and close: each is a setjmp and a longjmp in Lua's C code, so
-- the frames that setjmp saved must still be found after they have moved.
local function deep(n, f) if n == 0 then return f() end return (deep(n - 1, f)) end

print(pcall(error, "x"), pcall(error), pcall(error, nil), pcall(error, {}) == false)
print(select("#", pcall(error)))
print(pcall(deep, 150, function() error("at the bottom", 0) end))
print(pcall(deep, 150, function() local t; return t.x end))

-- Nested: each level catches, adds its mark and throws again.
local function nest(n)
  if n == 0 then error("core", 0) end
  local ok, e = pcall(nest, n - 1)
  error(e .. n % 10, 0)
end
print(pcall(nest, 60))

-- The C stack's limit (LUAI_MAXCCALLS) is an error like any other.
local function cdeep() return (string.gsub("a", "a", cdeep)) end
local ok, e = pcall(cdeep)
print(ok, (e:gsub("^.-:", ""):sub(1, 40)))
print(pcall(string.rep, "x", -1), pcall(string.rep))

-- xpcall's handler runs below the error, before the unwinding.
local function handler(e) return "<" .. tostring(e) .. " " .. (debug.traceback("", 1):gsub("[^\n]", ""):len() > 3 and "deep" or "flat") .. ">" end
print(xpcall(deep, handler, 100, function() error("h", 0) end))
print(xpcall(function() error(setmetatable({}, {__tostring = function() return "obj" end})) end, tostring))
print(select(2, xpcall(error, function(e) error(e) end, "again")))

-- To-be-closed variables run while an error passes through.
local log = {}
local function res(name) return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. "=" .. tostring(e) end}) end
print(pcall(function()
  local a <close> = res("a")
  do local b <close> = res("b") end
  local c <close> = res("c")
  error("out", 0)
end))
print(table.concat(log, " "))
log = {}
print(pcall(function()
  local a <close> = setmetatable({}, {__close = function(_, e) log[#log + 1] = tostring(e); error("second", 0) end})
  local b <close> = setmetatable({}, {__close = function(_, e) log[#log + 1] = tostring(e); error("third", 0) end})
  error("first", 0)
end))
print(table.concat(log, " "))

local sum = 0
for i = 1, 2000 do
  local ok, e = pcall(function(k) if k % 3 == 0 then error(k) end return k end, i)
  sum = sum + (ok and e or 0)
end
print(sum)
for _, src in ipairs {"x =", "for", "return 1 +", "goto nowhere", "local x <const> = 1; x = 2", "'unfinished", "x = }", "::a:: ::a::", ("("):rep(300) .. "1" .. (")"):rep(300)} do
  print(((select(2, load(src)) or "no error"):gsub("\n.*", "")))
end
