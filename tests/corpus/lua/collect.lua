-- The collector in both modes, finalizers, weak tables, memory limits.
local function churn(n) local t = {} for i = 1, n do t[i % 97 + 1] = {i, tostring(i), function() return i end} end return #t end
local finalized = 0
for _, mode in ipairs {"incremental", "generational", "incremental"} do
  collectgarbage(mode)
  print(mode, churn(2500))
  for i = 1, 100 do setmetatable({}, {__gc = function() finalized = finalized + 1 end}) end
  collectgarbage() collectgarbage()
end
print(finalized)
local weak = setmetatable({}, {__mode = "k"})
for i = 1, 100 do weak[{}] = i end
local keep = {} weak[keep] = "kept"
collectgarbage()
local n = 0 for _, v in pairs(weak) do n = n + 1 end print(n, weak[keep])
local eph = setmetatable({}, {__mode = "k"})
do local a, b, c = {}, {}, {} eph[a] = b eph[b] = c eph[c] = a end
collectgarbage() print(next(eph))
-- A finalizer that fails, one that resurrects, one that collects.
local saved
setmetatable({}, {__gc = function(o) saved = o end})
setmetatable({}, {__gc = function() collectgarbage("step") end})
collectgarbage() collectgarbage()
print(type(saved))
local list
for i = 1, 8000 do list = {next = list, i} end
local sum = 0 while list do sum = sum + list[1] list = list.next end print(sum)
list = nil collectgarbage()
for i = 1, 30 do collectgarbage("step", i) end
collectgarbage("stop") churn(1000) print(collectgarbage("isrunning")) collectgarbage("restart")
print(collectgarbage("count") < 20000)
local s = {} for i = 1, 60 do s[i] = ("x"):rep(i * 50) end print(#table.concat(s))
