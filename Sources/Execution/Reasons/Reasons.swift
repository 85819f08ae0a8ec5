internal import Basics
public import Experiment
internal import Foundation
public import Specs

/// Says of the open jobs of a plan why they are to be done, by the store and by what their cells last were.
public final class Reasons {
  private let plan: Plan
  private let store: JobStore
  private let progress: PlanProgress
  private let last: LastRun?
  private let waiting: Set<JobID>
  /// What was said of two parts before.
  private let compared = Lock<[String: [Reason]]>([:])

  /// Looks at a plan.
  ///
  /// - Parameter waiting: Jobs that stand in for what is not chosen yet.
  public init(_ plan: Plan, _ store: JobStore, _ progress: PlanProgress, waiting: Set<JobID> = []) {
    self.plan = plan
    self.waiting = waiting
    self.store = store
    self.progress = progress
    last = LastRun(of: plan.experiment, in: store)
  }

  /// The reasons of an open job, at least one; empty for one that is done.
  public func reasons(_ job: PlannedJob) -> [Reason] {
    switch progress.state(job.id) {
    case .absent: break
    case .whole, .dropped: return []
    case .remade(let what): return [.dropped(what)]
    case .damaged(let damage): return [.damaged(damage.what)]
    }
    if waiting.contains(job.id) { return [.choice] }
    if let failure = store.failure(job.id) { return [.failed(failure.what)] }
    guard let last else { return job.spec.inputs.contains(where: progress.isOpen) ? [.input] : [.unknown] }
    guard let before = last.job(job.label) else { return [.new] }
    if before == job.id { return [.gone] }
    guard let old = store.spec(before) else {
      return job.spec.inputs.contains(where: progress.isOpen) ? [.input] : [.unknown]
    }
    let changes = differences(old, job.spec)
    return changes.isEmpty ? [.unknown] : changes
  }

  /// What the two specs do not have in common, part by part.
  private func differences(_ old: JobSpec, _ new: JobSpec) -> [Reason] {
    guard old.kind == new.kind else { return [] }
    var found: [Reason] = []
    func add(_ reasons: [Reason]) {
      for reason in reasons where !found.contains(reason) { found.append(reason) }
    }
    let (before, now) = (old.parts, new.parts)
    for part in now {
      add(compare(before.first { $0.name == part.name }?.content, part.content, part.word))
    }
    for part in before where !now.contains(where: { $0.name == part.name }) {
      add(compare(part.content, nil, part.word))
    }
    return found
  }

  private func compare(_ a: JobPart.Content?, _ b: JobPart.Content?, _ word: String) -> [Reason] {
    switch (a, b) {
    case (.jobs(let a), .jobs(let b)): return a == b ? [] : [.input]
    case (.jobs, nil), (nil, .jobs): return [.input]
    case (.part(let a, let hexA), .part(let b, let hexB)):
      return hexA == hexB ? [] : compare(a, hexA, b, hexB, word)
    default:
      let (from, to) = (Reasons.words(a), Reasons.words(b))
      return from == to ? [] : [.setting(word, from: from, to: to)]
    }
  }

  private static func words(_ content: JobPart.Content?) -> String {
    switch content {
    case nil: "nothing"
    case .text(let text): text
    case .jobs(let jobs): jobs.map(\.hex).joined(separator: " ")
    case .part(let value, _): json(value).map(words) ?? "something"
    }
  }

  private func compare(_ a: any Codable, _ hexA: String, _ b: any Codable, _ hexB: String, _ word: String)
    -> [Reason]
  {
    once("\(word) \(hexA) \(hexB)") {
      if let (a, b) = both(a, b, BaseSpec.self) { return bases(a, b) }
      if let (a, b) = both(a, b, TaskSpec.self) { return tasks([a], [b]) }
      if let (a, b) = both(a, b, [TaskSpec].self) { return tasks(a, b) }
      if let (a, b) = both(a, b, [[TaskSpec]].self) { return tasks(a.flatMap(\.self), b.flatMap(\.self)) }
      if let (a, b) = both(a, b, [TuneTask].self) {
        return tasks(a.map(\.task), b.map(\.task)) + (a.map(\.head) == b.map(\.head) ? [] : [.input])
          + zip(a, b).flatMap { a, b in
            a.expert == b.expert
              ? [] : [.setting("merges.of", from: "expert \(a.expert + 1)", to: "expert \(b.expert + 1)")]
          }
      }
      return leaves(a, b, word)
    }
  }

  private func both<Value>(_ a: Any, _ b: Any, _: Value.Type) -> (Value, Value)? {
    if let a = a as? Value, let b = b as? Value { (a, b) } else { nil }
  }

  /// Bases: another folder, or another job.
  private func bases(_ a: BaseSpec, _ b: BaseSpec) -> [Reason] {
    guard case .folder(let old) = a, case .folder(let new) = b else { return [.input] }
    return [.setting("base", from: String(old.prefix(12)), to: String(new.prefix(12)))]
  }

  /// Tasks by name, with what changed in each.
  private func tasks(_ old: [TaskSpec], _ new: [TaskSpec]) -> [Reason] {
    guard old.map(\.name) == new.map(\.name) else {
      return [
        .setting(
          "tasks", from: old.map(\.name).joined(separator: "+"), to: new.map(\.name).joined(separator: "+"))
      ]
    }
    return zip(old, new).flatMap { old, new in old == new ? [] : task(old, new) }
  }

  private func task(_ old: TaskSpec, _ new: TaskSpec) -> [Reason] {
    var reasons: [Reason] = []
    var old = old
    if case .files(let before) = old.source, case .files(let now) = new.source {
      for (split, file) in now.sorted(by: { $0.key < $1.key }) where before[split]?.sha256 != file.sha256 {
        guard let was = before[split] else { continue }
        let path = plan.locations[file.sha256] ?? "\(new.name) \(split)"
        reasons.append(
          .file(
            path,
            line: plan.locations[file.sha256].flatMap {
              RowHashes.firstDifference(from: was.sha256, $0, store)
            }))
      }
      if before.keys.sorted() == now.keys.sorted() { old.source = new.source }
    }
    // Labels go by their names.
    var isListed = old.labels.map(\.name) == new.labels.map(\.name)
    if isListed {
      for (before, now) in zip(old.labels, new.labels) where before != now {
        reasons.append(
          .setting(
            "tasks.\(new.name).labels.\(now.name)", from: "'\(before.description)'",
            to: "'\(now.description)'"))
        isListed = true
      }
      old.labels = new.labels
    }
    return reasons + leaves(old, new, new.name.isEmpty ? "tasks" : "tasks.\(new.name)")
  }

  /// Every leaf of the values' JSON that differs, by the word of the manifest.
  private func leaves(_ a: any Codable, _ b: any Codable, _ name: String) -> [Reason] {
    guard let old = Reasons.json(a), let new = Reasons.json(b) else { return [.unknown] }
    var reasons: [Reason] = []
    Reasons.leaves(old, new, name, &reasons)
    return reasons
  }

  private static func json(_ value: any Codable) -> JSON? {
    (try? StableHash.canonicalJSON(value)).flatMap { try? JSON(Array($0), file: "") }
  }

  private static func leaves(_ a: JSON, _ b: JSON, _ name: String, _ reasons: inout [Reason]) {
    if a == b { return }
    if let (old, new) = a.members.flatMap({ old in b.members.map { (old, $0) } }) {
      var names = old.names
      names += new.names.filter { old[$0] == nil }
      for member in names where member != "targetPattern" {
        leaves(value(member, of: old), value(member, of: new), word(member, in: name), &reasons)
      }
    } else if let (old, new) = a.list.flatMap({ old in b.list.map { (old, $0) } }), old.count == new.count {
      for (old, new) in zip(old, new) { leaves(old, new, name, &reasons) }
    } else {
      let reason = Reason.setting(name, from: words(a), to: words(b))
      if !reasons.contains(reason) { reasons.append(reason) }
    }
  }

  /// What a manifest says of a member: layers are chosen by names or by a pattern.
  private static func value(_ member: String, of object: JSON.Object) -> JSON {
    (member == "targets" ? object["targetPattern"] : nil) ?? object[member] ?? .null
  }

  /// A member's key in a manifest, where specs say it otherwise: the value of a case with one value is called `_0`, and what
  /// makes texts stands under `generate`.
  private static func word(_ member: String, in name: String) -> String {
    switch member {
    case "_0", "fisher", "inputGrams": return name
    case "generated" where name.hasSuffix(".source"): return name.dropLast("source".count) + "generate"
    case "files" where name.hasSuffix(".source"): return name.dropLast("source".count) + "files"
    case "source": return name + ".source"
    case "labelScale": return "training.label_scale"
    case "sha256", "format": return name
    default: return "\(name).\(snake(member))"
    }
  }

  private static func words(_ json: JSON) -> String {
    switch json {
    case .null: "nothing"
    case .flag(let flag): "\(flag)"
    case .number(let digits): digits
    case .text(let text): text
    case .list(let items): "[" + items.map(words).joined(separator: ", ") + "]"
    case .object(let members) where members.names == ["_0"]: words(members.values[0])
    case .object(let members) where members["sha256"] != nil:
      String((members["sha256"]?.text ?? "").prefix(12))
    case .object(let members):
      "{" + members.map { "\($0.name): \(words($0.value))" }.joined(separator: ", ") + "}"
    }
  }

  /// `learningRate` as a manifest writes it.
  private static func snake(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }

  private func once(_ key: String, _ find: () -> [Reason]) -> [Reason] {
    if let known = compared.withLock({ $0[key] }) { return known }
    let found = find()
    compared.withLock { $0[key] = found }
    return found
  }
}
