#include "answer/lexicon.h"

#include <algorithm>
#include <array>
#include <string>

namespace grounds {
namespace {

constexpr auto kGroups = std::to_array<std::string_view>({
    // Working time and leave.
    "leave/vacation/holiday/time off/休假/假期/年假/假", "annual leave/年假/年休假/带薪年假/vacation days", "sick leave/病假/illness/sick",
    "maternity/产假", "paternity/other parent/father/陪产假/陪产/护理假", "overtime/加班", "salary/pay/wage/wages/compensation/工资/薪资/薪酬/薪水",
    "bonus/奖金/年终奖", "probation/trial period/试用期", "notice period/离职通知期/提前通知", "resign/quit/leave the company/离职/辞职",
    "retire/retirement/退休", "shift/班/班次", "home/remote/remotely/telework/远程/居家/在家", "work from home/work at home/remote work/远程办公/居家办公/在家办公",
    "office hours/working hours/opening hours/工作时间/上班时间/办公时间/上班", "employee/employees/staff/worker/colleague/员工/职工/雇员/同事",
    "birth/childbirth/生育/出生", "unused/left over/carry over/carried over/没用完/未休/结转/顺延",
    // Money.
    "cost/price/fee/charge/costs/价格/单价/售价/费用/多少钱/收费", "expense/expenses/claim/claims/reimbursement/reimburse/reimbursed/refund/报销/报销单",
    "hotel/hotels/lodging/accommodation/住宿/酒店/宾馆", "meal/meals/food/subsistence/daily allowance/伙食/餐费/餐补/用餐", "allowance/subsidy/stipend/补贴/补助/津贴",
    "limit/ceiling/maximum/cap/at most/up to/no more than/上限/最高/不超过/最多/限额/标准", "minimum/at least/no less than/最低/至少/不少于/不低于",
    "discount/rebate/折扣/优惠", "invoice/发票", "budget/预算", "tax/税/税率", "rent/租金/房租", "invest/investment/投资/投入/投", "profit/earnings/利润",
    "margin/gross margin/毛利率/毛利", "revenue/turnover/sales/营收/收入/营业收入/销售额", "first day/day one/第一天/报到当天/入职当天", "sell/sold/sales/销售/销售额/卖/业绩/sales figures",
    "total/sum/overall/altogether/合计/总计/一共/全年/总额/共计", "average/mean/平均", "increase/rise/grow/growth/raise/上涨/增长/涨价/提高/上调",
    "decrease/fall/drop/decline/下降/下跌/减少/掉/降低/下滑", "payment/pay/付款/支付", "deposit/押金/定金",
    "costs/cost/成本", "output/production/产量", "quantity/volume/数量/销量", "headcount/人数/员工人数", "region/area/地区/区域/大区", "product/产品", "month/月份", "quarter/季度",
    // Buying and making.
    "buy/bought/purchase/procure/source/采购/购买/买", "order/orders/订单/订货/订购", "supplier/vendor/manufacturer/供应商/厂商/供货商", "customer/client/customers/客户/顾客",
    "quote/quotation/offer/报价/比价/询价", "delivery/lead time/delivery time/交期/交货期/交货", "warranty/guarantee/质保/保修/质保期", "replace/exchange/更换/换/换回",
    "return/returns/退货/退换", "factory/plant/厂房/工厂", "warehouse/仓库", "stock/inventory/库存", "part number/料号/件号/型号", "spare part/spare/备件",
    "calibrate/calibration/calibrated/校准/标定", "maintain/maintenance/维护/保养", "install/installation/安装", "error/fault/failure/错误/故障/报错",
    "error code/错误代码/故障代码", "mean/meaning/means/含义/意思/代表", "remedy/fix/solution/处理/解决/措施", "battery/电池", "temperature/温度",
    "high temperature/高温", "pressure/压力", "voltage/电压", "power/功率", "weight/重量", "accuracy/精度/准确度", "speed/速度", "firmware/固件", "version/版本",
    "gateway/网关", "sensor/transducer/传感器/换能器", "pipe/tube/管/管道", "diameter/口径/直径", "offline/断网/离线", "buffer/store/缓存/存储",
    // People and places.
    "manager/head/lead/director/supervisor/经理/负责人/主管/总监/主任", "responsible/in charge/owner/负责/主管/负责人", "phone/telephone/call/extension/hotline/电话/手机/分机/热线",
    "phone number/telephone number/手机号码/电话号码/联系电话", "address/location/地址/位置", "head office/headquarters/总部", "meeting room/会议室/conference room", "meeting/会议/例会",
    "training/培训", "laptop/computer/notebook/电脑/笔记本", "stolen/lost/missing/theft/loss/丢失/被盗/遗失/丢", "mail/email/e-mail/邮件/邮箱", "password/密码/口令",
    "backup/备份", "delete/deleted/erase/remove/purge/删除/清除", "send/sent/寄送/发送", "build/built/建/建设", "teach/taught/training", "keep/kept/retain/retention/store/preserve/保留/保存/留存", "respond/response/reply/响应/回复/答复",
    "approve/approval/authorise/authorize/sign off/审批/批准/核准/同意", "apply/application/request/申请", "submit/hand in/file/提交/上交/交",
    "deadline/due/latest/until/最晚/截止/最迟/之前", "start/begin/commence/effective/开始/起/生效/施行", "end/finish/expire/结束/到期/终止", "close/shut/closed/关闭/关",
    "move/relocate/relocation/搬迁/迁移", "allowed/permitted/may/允许/可以", "forbidden/prohibited/not allowed/禁止/不得", "holiday/festival/节假日",
    "fair/exhibition/trade fair/trade show/展会/展览", "town/city/城市", "party/annual party/年会", "dormitory/apartment/宿舍/公寓", "graduate/graduates/应届生/毕业生",
    "report/check in/报到", "cause/reason/because/原因/因为/由于", "biggest/largest/highest/最大/最高", "smallest/lowest/最小/最低", "parking/停车", "visitor/guest/访客",
    "lab/laboratory/实验室", "security/safety/安全", "department/部门", "contract/合同", "insurance/保险", "car/vehicle/车/车辆", "flight/air travel/机票/航班/飞机", "train/rail/火车/高铁",
    "trip/travel/journey/business trip/出差/差旅", "receipt/收据/票据", "policy/rule/rules/规定/制度/办法", "hole/vulnerability/flaw/漏洞",
    "founded/established/成立/创立", "ceo/chief executive/managing director/首席执行官/总经理", "cfo/chief financial officer/首席财务官/财务总监",
});

// Places: an answer about another one is no answer.
constexpr auto kPlaces = std::to_array<std::string_view>({
    "north/northern/华北/北部", "east/eastern/华东/东部", "south/southern/华南/南部", "west/western/西部", "overseas/abroad/海外/境外", "northeast/东北", "northwest/西北", "southwest/西南",
    "central china/华中", "beijing/北京", "shanghai/上海", "shenzhen/深圳", "guangzhou/广州", "hangzhou/杭州", "nanjing/南京", "wuhan/武汉", "xian/西安", "chongqing/重庆",
    "tianjin/天津", "suzhou/苏州", "wuxi/无锡", "chengdu/成都", "qingdao/青岛", "dalian/大连", "xiamen/厦门", "ningbo/宁波", "changsha/长沙", "zhengzhou/郑州", "hefei/合肥",
    "jinan/济南", "kunming/昆明", "shenyang/沈阳", "harbin/哈尔滨", "fuzhou/福州", "dongguan/东莞", "foshan/佛山", "zhuhai/珠海", "hong kong/香港", "macau/澳门", "taiwan/台湾",
    "guangdong/广东", "jiangsu/江苏", "zhejiang/浙江", "shandong/山东", "sichuan/四川", "hubei/湖北", "hunan/湖南", "fujian/福建", "hebei/河北", "henan/河南", "anhui/安徽",
    "yunnan/云南", "liaoning/辽宁", "jilin/吉林", "shanxi/山西", "shaanxi/陕西", "xinjiang/新疆", "tibet/西藏", "hainan/海南", "guizhou/贵州", "guangxi/广西", "gansu/甘肃",
    "rotterdam/鹿特丹", "london/伦敦", "leeds/利兹", "berlin/柏林", "paris/巴黎", "munich/慕尼黑", "tokyo/东京", "singapore/新加坡", "new york/纽约", "netherlands/holland/荷兰",
    "uk/united kingdom/britain/british/england/英国", "germany/german/德国", "china/chinese/domestic/中国/国内", "japan/日本", "france/法国", "italy/意大利", "spain/西班牙",
    "india/印度", "korea/south korea/韩国", "russia/俄罗斯", "brazil/巴西", "canada/加拿大", "australia/澳大利亚", "vietnam/越南", "thailand/泰国", "malaysia/马来西亚",
    "europe/欧洲", "north america/北美", "south america/南美", "usa/united states/america/美国", "africa/非洲", "asia/亚洲", "southeast asia/东南亚", "middle east/中东",
});

// The stem that plain inflections share; enough to look a word up, not to index it.
std::string plain(std::string_view word) {
  std::string_view stem = word;
  for (const std::string_view ending : {"ies", "es", "s", "ing", "ed"}) {
    if (stem.size() < ending.size() + 3 || !stem.ends_with(ending)) continue;
    stem.remove_suffix(ending.size());
    if (ending == "ies") return std::string(stem).append("y");
    break;
  }
  if (stem.size() > 3 && stem.back() == 'e') stem.remove_suffix(1);
  return std::string(stem);
}

template <class Use>
void for_members(std::string_view group, Use use) {
  for (std::size_t begin = 0; begin <= group.size();) {
    const std::size_t end = std::min(group.find('/', begin), group.size());
    use(group.substr(begin, end - begin));
    begin = end + 1;
  }
}

void add_equivalents(std::string_view group, std::string_view word, const std::string& wanted, std::vector<std::string_view>& found) {
  std::vector<std::string_view> members;
  bool holds = false;
  for_members(group, [&](std::string_view member) {
    if (member == word || plain(member) == wanted) holds = true;
    else members.push_back(member);
  });
  if (holds) found.insert(found.end(), members.begin(), members.end());
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::vector<std::string_view> equivalents(std::string_view word) {
  std::vector<std::string_view> found;
  const std::string wanted = plain(word);
  for (const std::string_view group : kGroups) add_equivalents(group, word, wanted, found);
  for (const std::string_view group : kPlaces) add_equivalents(group, word, wanted, found);
  return found;
}

bool is_place(std::string_view word) {
  bool place = false;
  for (const std::string_view group : kPlaces)
    for_members(group, [&](std::string_view member) { place |= member == word; });
  return place;
}

std::vector<std::string_view> places_in(std::string_view text) {
  std::vector<std::string_view> found;
  for (const std::string_view group : kPlaces) {
    bool named = false;
    for_members(group, [&](std::string_view member) {
      for (std::size_t at = text.find(member); at != std::string_view::npos && !named; at = text.find(member, at + 1)) {
        const std::size_t end = at + member.size();
        const bool latin = letter(member.front());
        named = !latin || ((at == 0 || !letter(text[at - 1])) && (end == text.size() || !letter(text[end])));
      }
    });
    if (named) found.push_back(group);
  }
  return found;
}

std::size_t phrase_at(std::string_view text, std::size_t at) {
  std::size_t longest = 0;
  if (at > 0 && letter(text[at - 1]) && letter(text[at])) return 0;
  constexpr std::size_t kTwoHan = 6;
  const auto try_member = [&](std::string_view member) {
    if (member.size() <= longest || !text.substr(at).starts_with(member)) return;
    const bool latin = letter(member.front());
    if (latin && member.find(' ') == std::string_view::npos) return;
    if (!latin && member.size() < kTwoHan) return;
    const std::size_t end = at + member.size();
    if (latin && end < text.size() && letter(text[end])) return;
    longest = member.size();
  };
  for (const std::string_view group : kGroups) for_members(group, try_member);
  for (const std::string_view group : kPlaces) for_members(group, try_member);
  return longest;
}

}  // namespace grounds
