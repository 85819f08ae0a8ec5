/// One latent feature of a sentence: a thing that goes well or badly, with many ways to say so.
struct Theme: Sendable {
  /// How a question names it.
  let subject: String
  /// The index of its topic in `Theme.topics`.
  let topic: Int
  /// What the sentence is about.
  let nouns: [[String]]
  /// What it does when it goes well.
  let good: [[String]]
  /// What it does when it goes badly.
  let bad: [[String]]

  /// Nouns and phrases come as lines with commas between them.
  init(_ subject: String, topic: Int, nouns: String, good: String, bad: String) {
    func cut(_ list: String) -> [[String]] {
      list.split(separator: ",").map { Names.words(String($0)) }
    }
    self.subject = subject
    self.topic = topic
    self.nouns = cut(nouns)
    self.good = cut(good)
    self.bad = cut(bad)
  }

  /// What a topic is called, and what lies in it.
  static let topics = [
    ("results", "a story about company results"), ("outlook", "a story about the market outlook"),
    ("credit", "a story about credit and owners"), ("policy", "a story about law and policy"),
    ("operations", "a story about daily operations"),
  ]

  /// All features, two of each topic.
  ///
  /// A theme has verbs of its own, so that a single word tells theme and polarity: the labels of all tasks
  /// are then nearly linear in the words, and what is hard with few rows is only that there are many words.
  static let all = [earnings, margins, guidance, demand, debt, payout, rates, litigation, supply, staff]

  private static let earnings = Theme(
    "earnings", topic: 0,
    nouns:
      "quarterly profit, net income, earnings per share, the bottom line, operating profit, half year profit",
    good: """
      beat estimates, topped forecasts, exceeded consensus, hit a record, doubled, swung into the black,
      outpaced predictions, soared, climbed handsomely, grew by a third, surpassed every projection,
      delighted analysts
      """,
    bad: """
      missed estimates, undershot forecasts, trailed consensus, sank to a decade low, halved,
      swung into the red, lagged predictions, plunged, shrank badly, tumbled by a third,
      flunked every projection, disappointed analysts
      """)

  private static let margins = Theme(
    "margins", topic: 0,
    nouns:
      "the gross margin, the operating margin, profitability, the return on capital, the margin per unit",
    good: """
      widened, expanded, fattened, gained two points, enjoyed pricing power, gained from cheaper inputs,
      recovered on efficiency, strengthened, thickened, rode on productivity, profited from automation,
      advanced on a richer mix
      """,
    bad: """
      narrowed, contracted, thinned, ceded two points, suffered from discounting, buckled under costly inputs,
      eroded on inefficiency, weakened, compressed, bled on waste, deteriorated, retreated on a poorer mix
      """)

  private static let guidance = Theme(
    "the outlook", topic: 1,
    nouns: "the full year outlook, guidance, the annual target, the sales forecast, the medium term plan",
    good: """
      moved higher, brightened, got an upgrade, turned confident, looked rosier, received a lift,
      became more ambitious, pointed to acceleration, promised faster growth, signalled momentum,
      inspired optimism, firmed
      """,
    bad: """
      moved lower, darkened, got a downgrade, turned cautious, looked gloomier, received a haircut,
      became more timid, pointed to slowdown, promised meagre growth, signalled fatigue, inspired pessimism,
      dimmed
      """)

  private static let demand = Theme(
    "demand", topic: 1,
    nouns: "customer demand, the order book, retail appetite, store traffic, the subscriber base",
    good: """
      surged, boomed, picked up, rebounded, swelled, multiplied, flourished, gathered pace, filled quickly,
      attracted new buyers, ran hot, overflowed
      """,
    bad: """
      slumped, dried up, cooled, faltered, dwindled, evaporated, languished, lost pace, emptied quickly,
      repelled new buyers, ran cold, stagnated
      """)

  private static let debt = Theme(
    "the credit position", topic: 2,
    nouns: "the balance sheet, the debt pile, leverage, the credit rating, the funding position, the loan",
    good: """
      reassured lenders, calmed bondholders, eased comfortably, earned an investment grade, turned solid,
      left ample headroom, found cheap refinancing, shed its burden, won creditor trust, became manageable,
      passed the covenant test, looked healthy
      """,
    bad: """
      unnerved lenders, frightened bondholders, worsened alarmingly, earned a junk grade, turned fragile,
      left scant headroom, found punitive refinancing, increased its burden, squandered creditor trust,
      became unsustainable, broke the covenant test, looked sick
      """)

  private static let payout = Theme(
    "the payout", topic: 2,
    nouns: "the dividend, the share buyback, the payout, the special distribution, the interim dividend",
    good: """
      grew generously, resumed, rewarded holders, arrived early, reached a peak, pleased pensioners,
      continued its streak, enriched owners, turned lavish, got enlarged, got approved, got topped up
      """,
    bad: """
      shrivelled, stopped abruptly, deprived holders, arrived late, reached a trough, angered pensioners,
      ended its streak, impoverished owners, turned stingy, got axed, got suspended, got deferred
      """)

  private static let rates = Theme(
    "monetary conditions", topic: 3,
    nouns: "the central bank, the policy committee, the monetary authority, the governor, the reserve board",
    good: """
      cut interest rates, hinted at easing, turned dovish, injected stimulus, loosened policy,
      lowered borrowing costs, declared inflation tamed, bought government bonds, relaxed reserve rules,
      soothed price fears, endorsed cheaper credit, preached patience
      """,
    bad: """
      raised interest rates, hinted at tightening, turned hawkish, drained stimulus, tightened policy,
      lifted borrowing costs, declared inflation stubborn, sold government bonds, stiffened reserve rules,
      stoked price fears, endorsed dearer credit, preached austerity
      """)

  private static let litigation = Theme(
    "the legal position", topic: 3,
    nouns: "the antitrust case, the class action, the patent dispute, the tax probe, the fraud inquiry",
    good: """
      ended in acquittal, got dismissed, closed without charges, brought a favourable ruling,
      cleared the managers, uncovered nothing, concluded amicably, lapsed, vindicated the directors,
      brought permission, exonerated the auditors, collapsed on appeal
      """,
    bad: """
      ended in conviction, got escalated, closed with a fine, brought an adverse ruling,
      implicated the managers, uncovered misconduct, concluded bitterly, broadened, embarrassed the directors, brought a penalty,
      indicted the auditors, prevailed on appeal
      """)

  private static let supply = Theme(
    "operations", topic: 4,
    nouns: "the factory, the supply chain, the new plant, the refinery, the production line, the warehouse",
    good: """
      worked at full capacity, reopened, ramped up output, erased the backlog, shipped punctually,
      secured components, came back online, boosted throughput, avoided delays, overcame the bottleneck,
      operated smoothly, met delivery dates
      """,
    bad: """
      worked at half capacity, shut down, scaled back output, deepened the backlog, shipped tardily,
      lacked components, got knocked offline, choked throughput, accumulated delays, caused the bottleneck,
      operated erratically, blew delivery dates
      """)

  private static let staff = Theme(
    "staff relations", topic: 4,
    nouns: "the workforce, the union, the engineering team, the sales force, the crew, the shop floor",
    good: """
      accepted a wage deal, welcomed recruits, stayed loyal, hired top talent, praised the leadership,
      voted for the contract, applauded the new chief, rejoiced in harmony, kept key people,
      celebrated bonuses, thrived, embraced training
      """,
    bad: """
      rejected a wage deal, endured layoffs, quit in droves, fired top talent, denounced the leadership,
      voted for a walkout, defied the new chief, quarrelled in discord, forfeited key people,
      protested redundancies, mutinied, went on strike
      """)
}
