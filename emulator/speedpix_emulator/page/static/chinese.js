"use strict";
// What the page says in Chinese, by what it says in English; {} stands for a value.
const CHINESE = {
  __proto__: null,
  "SpeedPix emulator": "SpeedPix 模拟器",
  "connecting…": "正在连接……",
  "live": "实时",
  "the emulator does not answer": "模拟器没有响应",
  "Runs": "任务",
  "Runs ({})": "任务（{}）",
  "No run yet. Start one from another terminal, with the environment that the emulator printed:":
    "还没有任务。在另一个终端里设置模拟器输出的环境变量，然后运行一个：",
  "waiting": "排队中",
  "running": "运行中",
  "succeeded": "成功",
  "failed": "失败",
  "cancelled": "已取消",
  "{} ahead in the queue": "前面还有 {} 个任务",
  "done": "完成比例",
  "became": "输出",
  "Refused": "被拒绝的请求",
  "Nothing was refused.": "没有被拒绝的请求。",
  "{} · by the gateway": "{} · 网关拒绝",
  "{} · by the service": "{} · 服务拒绝",
  "{} · by the store": "{} · 对象存储拒绝",
  "what should have been signed": "本应签名的内容",
  "(empty)": "（空）",
  "Faults": "故障",
  "The next": "次数",
  "call": "操作",
  "meet": "故障",
  "Set": "设置",
  "Clear": "清除",
  "Clear all": "全部清除",
  "any call": "任意请求",
  "calls of any kind": "任意请求",
  ", after {} that go well": "，先有 {} 次正常",
  "any call: a random fault, {} %": "任意请求：随机故障，{}%",
  " · the fault {}": " · 故障 {}",
  "Store": "对象存储",
  "Store ({})": "对象存储（{}）",
  "No files yet.": "还没有文件。",
  "{}, {} bytes": "{}，{} 字节",
  "Close": "关闭",
  "no answer": "没有响应",
  "sent, {}": "请求内容，{}",
  "answered": "响应内容",
  "a file": "文件",
  "nothing": "无",
  "Its requests are no longer remembered.": "它的请求记录已不再保留。",
};
const inChinese = navigator.language.startsWith("zh");

function say(english, ...values) {
  const text = (inChinese && CHINESE[english]) || english;
  return values.reduce((said, value) => said.replace("{}", () => value), text);
}

if (inChinese) {
  document.documentElement.lang = "zh";
  document.title = say(document.title);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const english = texts.currentNode.data;
    texts.currentNode.data = english.replace(english.trim(), (text) => say(text));
  }
}
