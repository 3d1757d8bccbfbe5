import { describeAgainstRedis } from "./differential.ts";
import { error, type Script, same } from "./script.ts";

/** A script that is run without keys, and is to come to the same, no error. */
const runs = (code: string, ...args: readonly string[]) => same("EVAL", code, "0", ...args);
/** One that is to fail alike. */
const fails = (code: string) => error("EVAL", code, "0");

const values: Script = [
  ...[
    "return 1",
    "return 3.99",
    "return -3.99",
    "return 1e100",
    "return 0/0",
    "return 'text'",
    "return 'a\\0b'",
    "return ''",
    "return nil",
    "return",
    "",
    "return true",
    "return false",
    "return {}",
    "return {1,2,{3,'x',{}},nil,4}",
    "return {1,2,false,true}",
    "return {ok='fine'}",
    "return {ok='a\\r\\nb'}",
    "return {ok='a\\0b'}",
    "return {ok=5}",
    "return {double=1.5}",
    "return {double='x', 7}",
    "return {map={a=1}}",
    "return {set={a=true}}",
    "return {set={}}",
    "return {map={}}",
    "return {big_number='123456789012345678901234567890'}",
    "return {verbatim_string={format='txt',string='hello'}}",
    "return {verbatim_string={format='txt'}}",
    "return {'x', {ok='y'}}",
    "return function() end",
    "return coroutine.create(function() end) and 1",
    "return 5, 6",
    "return {[1]='a',[2]='b',[4]='d'}",
    "return {a=1}",
    "redis.setresp(3) return true",
    "redis.setresp(3) return {true, false}",
    "redis.setresp(3) return {map={a={b=true}}}",
    "return cjson and 1",
    "return tostring(2^53)..' '..tostring(1e15)..' '..tostring(0.1)..' '..tostring(100000*100000)..' '..1/3",
    "return tostring(-0)..(2^63)..tostring(10/2)",
    "return string.format('%5.2f %d %s %q %x %g', 3.14159, 42, 'x', 'y\\n', 255, 1e20)",
    "return #ARGV..table.getn(KEYS)..table.concat({1,2,3},'-')",
    "return ('x'):rep(3)..('AbC'):lower()..('abc'):upper()..#'abc'",
    "return {string.find('hello world','o w'), string.match('k=v','(%w+)=(%w+)')}",
    "return (string.gsub('hello','l','L'))",
    "return select('#',1,nil,3)..select(2,'a','b')",
    "return {unpack({1,2,3})}",
    "return type(next)..type(nil)..type(_G)..type(redis)",
    "return _VERSION",
    "local t={} for i=1,20 do t['key'..i]=i end local r={} for k,v in pairs(t) do r[#r+1]=k..v end return r",
    "local t={} for w in string.gmatch('one two three','%a+') do t[#t+1]=w end return t",
    "return math.floor(3.7)..math.max(1,5,3)..math.abs(-2)..math.fmod(7,3)..math.huge..math.pi",
    "local a,b=math.random(),math.random(10) return {tostring(a),b}",
    "math.randomseed(5) return {tostring(math.random()), math.random(10), math.random(5,9)}",
    "local t={5,2,8,1} table.sort(t) return t",
    "local t={5,2,8,1} table.sort(t, function(a,b) return a>b end) return t",
    "local t=setmetatable({},{__index=function(t,k) return k..'!' end}) return t.foo",
    "local co=coroutine.wrap(function(a) local b=coroutine.yield(a+1) return b*2 end) return {co(1), co(5)}",
    "return loadstring('return 1+1')()",
    "return {loadstring('return (')}",
    "return {loadstring(string.dump(function() end)) == nil}",
    "return load(function() return nil end) and 1",
    "local parts={'return ','7'} local i=0 return load(function() i=i+1 return parts[i] end)()",
    "local n=0 return {load(function() n=n+1 return n==1 and 'x y' or nil end, '=name')}",
    "return gcinfo()>1 and collectgarbage('count')>1 and 1",
    "return {pcall(error,'x')}",
    "return {pcall(error)}",
    "return {pcall(error,{err='a b',x=1})}",
    "return {pcall(function(...) return ... end,1,2)}",
    "return {xpcall(function() error({err='a b'}) end, function(e) return type(e) end)}",
    "return {select(2,pcall(error,{x=1})) ~= nil}",
    "return {rawget(_G,'KEYS') ~= nil, rawequal(string,string), rawget(string,'rep')==string.rep}",
    "local n=0 for k in pairs(_G) do n=n+1 end return n>30 and 1",
    "local t={} for k in pairs(string) do t[#t+1]=k end table.sort(t) return t",
    "local t={} for k in pairs(table) do t[#t+1]=k end table.sort(t) return t",
    "local t={} for k in pairs(math) do t[#t+1]=k end table.sort(t) return t",
    "local t={} for k in pairs(coroutine) do t[#t+1]=k end table.sort(t) return t",
    "return next(string) ~= nil and 1",
    "return getmetatable('').__index == string",
    "return getmetatable(_G) == nil",
    "return {getmetatable(string) == nil}",
    "return {getmetatable(setmetatable({},{__metatable='locked'}))}",
    "return tostring(cjson.null)",
  ].map((code) => runs(code)),
];

const failures: Script = [
  "error('x')",
  "error('x',0)",
  "error('x',2)",
  "error({err='My thing'})",
  "error({err='My\\nthing'})",
  "error(nil)",
  "error(5)",
  "error('')",
  "return 1 end",
  "return (",
  "x = ",
  "return 'abc",
  "a=1",
  "return print",
  "return undefined_thing",
  "undefined_function()",
  "local a=nil; a.b=1",
  "local a=nil; return a.b",
  "return 1 + {}",
  "return 'a' < 1",
  "return #5",
  "return nil .. 'x'",
  "local t = {} ; t[nil] = 1",
  "redis.x=1",
  "string.foo=1",
  "math.random=nil",
  "KEYS=5",
  "_G.foo=1",
  "rawset(_G,'a',1)",
  "rawset(string,'a',1)",
  "getmetatable('').__index=1",
  "getmetatable(_G).__index=1",
  "setmetatable(_G,{})",
  "setmetatable(string,nil)",
  "setmetatable({},5)",
  "setmetatable(5,{})",
  "setmetatable(setmetatable({},{__metatable=1}),{})",
  "string.rep()",
  "string.rep('x',{})",
  "('x'):bad()",
  "math.random(0)",
  "math.random(5,1)",
  "math.random(1,2,3)",
  "table.concat({{}})",
  "table.concat({1,2},{})",
  "string.format('%d','x')",
  "string.find('a','[')",
  "load(5)",
  "loadstring()",
  "loadstring({})",
  "next(5)",
  "pairs(5)",
  "ipairs()",
  "rawget(5)",
  "unpack(5)",
  "tonumber('z',99)",
  "select(0)",
  "assert(false)",
  "assert(false,'message')",
  "assert(nil)",
  "local function f() return 1+f() end return f()",
  "coroutine.resume(5)",
  "coroutine.wrap(function() error('inside') end)()",
  "\n\nerror('line 3')",
  "local function f() error('in f') end\nf()",
  "local function f() error({err='table in f'}) end\n\nf()",
].map(fails);

const redisLibrary: Script = [
  ...[
    "return redis.call('SET','k','v')",
    "return redis.call('get','k')",
    "return redis.call('GET','none')",
    "return redis.pcall('get')",
    "return redis.pcall('nosuch')",
    "return redis.pcall('incr','k')",
    "return redis.pcall('multi')",
    "return redis.pcall()",
    "return redis.pcall({})",
    "return {redis.pcall('get').err}",
    "local r=redis.pcall('get') local t={} for k,v in pairs(r) do t[#t+1]=k..'='..tostring(v) end table.sort(t) return t",
    "local ok,e=pcall(redis.call,'incr','k') return {ok,e}",
    "local ok,e=pcall(redis.call,'get') return {ok,e}",
    "redis.call('set','n',10) return redis.call('incrby','n',5)",
    "redis.call('set','n',0.1) return redis.call('get','n')",
    "redis.call('set','n',1e20) return redis.call('get','n')",
    "redis.call('set','n',1e17) return redis.call('get','n')",
    "redis.call('set','n',1e16) return redis.call('get','n')",
    "redis.call('set','n',-3) return redis.call('get','n')",
    "redis.call('set','n',3e15+0.5) return redis.call('get','n')",
    "redis.call('set','n',1/3) return redis.call('get','n')",
    "redis.call('set','n',1e-7) return redis.call('get','n')",
    "redis.call('set','n',2^53) return redis.call('get','n')",
    "redis.call('set','n',1/0) return redis.call('get','n')",
    "return redis.call('mget','k','none','n')",
    "return redis.call('ping')",
    "return redis.call('ping','x')",
    "return redis.call('echo','x')",
    "return redis.call('mset','a\\0b','c\\0d') ",
    "return redis.call('get','a\\0b')",
    "return redis.call('exists','k','a\\0b')",
    "return redis.call('config|get') == nil",
    "return type(redis.call('get','none'))..type(redis.call('get','k'))..type(redis.call('strlen','k'))..type(redis.call('ping'))",
    "redis.setresp(3) return type(redis.call('get','none'))",
    "return redis.call('select',1)",
    "redis.call('select',1) redis.call('set','there',1) return redis.call('get','there')",
    "return redis.call('xadd','s','1-1','a','b')",
    "return redis.call('xrange','s','-','+')",
    "redis.setresp(3) return redis.call('xread','streams','s','0')",
    "redis.setresp(3) local r=redis.call('xread','streams','s','0') return r.map.s",
    "return redis.call('xread','block',0,'streams','s','$')",
    "return redis.error_reply('x')",
    "return redis.error_reply('CODE text')",
    "return redis.error_reply('-CODE text')",
    "return redis.error_reply('ERR a\\r\\n')",
    "return redis.error_reply(5)",
    "return redis.error_reply()",
    "return redis.error_reply('a','b')",
    "return redis.status_reply('fine')",
    "return redis.status_reply()",
    "return redis.status_reply(5)",
    "return redis.error_reply('x').err",
    "return redis.status_reply('x').ok",
    "return {redis.error_reply('one two'), redis.status_reply('three')}",
    "return redis.sha1hex('')",
    "return redis.sha1hex('abc')",
    "return redis.sha1hex(1.5)",
    "return redis.sha1hex(nil)",
    "return redis.x",
    "return {redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING}",
    "return {redis.REPL_ALL, redis.REPL_AOF, redis.REPL_NONE, redis.REPL_REPLICA, redis.REPL_SLAVE}",
    "return type(redis.REDIS_VERSION)..type(redis.REDIS_VERSION_NUM)",
    "redis.log(redis.LOG_NOTICE,'hello','there') return 1",
    "return redis.replicate_commands()",
    "redis.set_repl(redis.REPL_ALL) return 1",
    "return redis.acl_check_cmd('set','x','y')",
    "return redis.acl_check_cmd('set')",
    "return {redis.call('object','encoding','k')}",
    "return redis.call('time') and 1",
    "return redis.call('command','count') > 50",
    "return redis.call('publish','c','m')",
    "return redis.call('expire','k',100)",
    "return redis.call('ttl','k')",
    "return redis.call('type','k')",
    "return redis.call('type','k').ok",
  ].map((code): ReturnType<typeof same> => ({ comparison: "either", args: ["EVAL", code, "0"] })),
  ...[
    "return redis.call()",
    "return redis.call({})",
    "return redis.call('set',nil)",
    "return redis.call('nosuch')",
    "return redis.call('get')",
    "return redis.call('incr','k')",
    "return redis.call('eval','return 1','0')",
    "return redis.call('multi')",
    "return redis.call('subscribe','c')",
    "return redis.call('script','load','x')",
    "return redis.call('auth','x')",
    "redis.setresp()",
    "redis.setresp(4)",
    "redis.setresp(2,3)",
    "redis.log(1)",
    "redis.log('x','y')",
    "redis.log(9,'y')",
    "redis.sha1hex()",
    "redis.sha1hex('a','b')",
    "redis.set_repl()",
    "redis.set_repl(9)",
    "redis.acl_check_cmd()",
    "redis.acl_check_cmd('nosuch')",
  ].map(fails),
];

describeAgainstRedis("scripts", {
  "what a script returns": values,
  "what a script fails with": failures,
  "the library redis": redisLibrary,
  "keys and arguments": `
    EVAL "return {KEYS[1],KEYS[2],ARGV[1],ARGV[2],#KEYS,#ARGV}" 2 a b c d
    EVAL "return {KEYS,ARGV}" 0
    EVAL "return {KEYS,ARGV}" 1 a
    EVAL "return KEYS[1]" 1 "\\x00\\xff"
    !EVAL "return 1" x
    !EVAL "return 1" 1
    !EVAL "return 1" -1
    !EVAL "return 1" 99999999999999999999
    !EVAL "return 1"
    !EVAL "return (" -1
    !EVAL
  `,
  "scripts by their SHA-1": `
    SCRIPT LOAD "return 1"
    EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
    EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0
    SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db E0E1F9FABFC9D4800C877A703B823AC0578FF8DB x
    EVAL "return 2" 0
    SCRIPT EXISTS 7f923f79fe76194c868d7e1d0820de36700eb649
    EVALSHA_RO 7f923f79fe76194c868d7e1d0820de36700eb649 0
    SCRIPT FLUSH
    SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db 7f923f79fe76194c868d7e1d0820de36700eb649
    !EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
    !EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db x
    !EVALSHA short 0
    !EVALSHA short x
    !SCRIPT LOAD "return ("
    !SCRIPT LOAD
    SCRIPT FLUSH sync
    SCRIPT FLUSH ASYNC
    !SCRIPT FLUSH NOW
    !SCRIPT FLUSH SYNC SYNC
    !SCRIPT KILL
    !SCRIPT NOSUCH
    !SCRIPT EXISTS
    !SCRIPT
  `,
  "scripts that only read": [
    `
    SET k v
    EVAL_RO "return redis.call('get',KEYS[1])" 1 k
    !EVAL_RO "return redis.call('set',KEYS[1],'w')" 1 k
    GET k
    `,
    same("EVAL", "#!lua flags=no-writes\nreturn redis.call('get','k')", "0"),
    same("EVAL_RO", "#!lua flags=no-writes\nreturn redis.call('get','k')", "0"),
    same("EVAL", "#!lua\nreturn redis.call('set','k','w')", "0"),
    same("EVAL", "#!lua flags=allow-oom,allow-stale flags=no-cluster\nreturn 1", "0"),
    error("EVAL", "#!lua flags=no-writes\nreturn redis.call('set','k','x')", "0"),
    error("EVAL_RO", "#!lua\nreturn 1", "0"),
    error("EVAL", "#!lua flags=xx\nreturn 1", "0"),
    error("EVAL", "#!js\nreturn 1", "0"),
    error("EVAL", "#!lua foo=1\nreturn 1", "0"),
    error("EVAL", "#!lua name=x\nreturn 1", "0"),
    error("EVAL", "#!lua", "0"),
    error("EVAL", "#! lua\nreturn 1", "0"),
    error("EVAL", "#!lua\n\nerror('line 3')", "0"),
  ],
  "within a transaction": `
    MULTI
    EVAL "return redis.call('set','k','v')" 0
    EVAL "return redis.call('incr','k')" 0
    EVAL "return redis.pcall('incr','k')" 0
    EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
    EXEC
    GET k
    SELECT 1
    EVAL "return redis.call('set','in','one')" 0
    EVAL "redis.call('select',0) return redis.call('get','k')" 0
    GET in
  `,
});
