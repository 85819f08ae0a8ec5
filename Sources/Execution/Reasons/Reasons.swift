internal import Basics
public import Experiment
internal import Foundation
internal import Specs

/// Says of the open jobs of a plan why they are to be done, by the store and by what their cells last were.
public final class Reasons {
  private let plan: Plan
  private let store: JobStore
  private let progress: PlanProgress
  private let last: LastRun?
  /// What was said of two parts before.
  private let compared = Lock<[String: [Reason]]>([:])

  /// Looks at a plan.
  public init(_ plan: Plan, _ store: JobStore, _ progress: PlanProgress) {
    self.plan = plan
    self.store = store
    self.progress = progress
    last = LastRun(of: plan.experiment, in: store)
  }

  /// The reasons of an open job, at least one; empty for one that is done.
  public func reasons(_ job: PlannedJob) -> [Reason] {
    if progress.finished.contains(job.id) {
      if let damage = store.damage(job.id) { return [.damaged(damage.what)] }
      return progress.remade[job.id].map { [.dropped($0)] } ?? []
    }
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

  /// What the two specs do not have in common.
  private func differences(_ old: JobSpec, _ new: JobSpec) -> [Reason] {
    var found: [Reason] = []
    func add(_ reasons: [Reason]) {
      for reason in reasons where !found.contains(reason) { found.append(reason) }
    }
    switch (old, new) {
    case (.pretrain(let a), .pretrain(let b)): add(compare(Hashed(a), Hashed(b), "base.pretrain"))
    case (.train(let a), .train(let b)):
      add(compare(a.$base, b.$base))
      add(tasks(a.$tasks, b.$tasks))
      add(compare(a.$sampling, b.$sampling, "sampling"))
      add(compare(a.$budget, b.$budget, "budget"))
      add(compare(a.$adapter, b.$adapter, "adapter"))
      add(compare(a.$training, b.$training, "training"))
      add(changed("seed", a.seed, b.seed))
      if a.start != b.start { add([.input]) }
      add(changed("merges.concentration", a.ends?.concentration, b.ends?.concentration))
    case (.statistics(let a), .statistics(let b)):
      add(compare(a.$base, b.$base))
      if a.adapter != b.adapter { add([.input]) }
      add(tasks(a.$tasks, b.$tasks))
      add(changed("merges.rows", a.rows, b.rows))
      add(changed("training.max_tokens", a.maxTokens, b.maxTokens))
      add(compare(Hashed(a.what), Hashed(b.what), "merges"))
      add(changed("seed", a.seed, b.seed))
    case (.merge(let a), .merge(let b)):
      add(changed("merges.method", a.method, b.method))
      add(compare(a.$parameters, b.$parameters, "merges"))
      add(changed("merges.weights", a.weights, b.weights))
      add(changed("seed", a.seed, b.seed))
      if a.inputs != b.inputs || a.statistics != b.statistics { add([.input]) }
      if let (a, b) = a.data.flatMap({ a in b.data.map { (a, $0) } }) {
        add(compare(a.$tasks, b.$tasks, "tasks"))
      }
    case (.tune(let a), .tune(let b)):
      add(compare(a.$base, b.$base))
      add(changed("merges.method", a.method, b.method))
      add(compare(a.$parameters, b.$parameters, "merges"))
      add(compare(a.$over, b.$over, "merges.over"))
      add(changed("merges.weights", a.weights, b.weights))
      if a.inputs != b.inputs { add([.input]) }
      add(tasks(Hashed(a.tasks.map(\.task)), Hashed(b.tasks.map(\.task))))
      add(changed("training.max_tokens", a.maxTokens, b.maxTokens))
      add(changed("training.label_scale", a.labelScale, b.labelScale))
      add(changed("seed", a.seed, b.seed))
    case (.predict(let a), .predict(let b)):
      add(compare(a.$base, b.$base))
      if a.adapter != b.adapter || a.head != b.head { add([.input]) }
      add(tasks(Hashed([a.task]), Hashed([b.task])))
      add(changed("training.max_tokens", a.maxTokens, b.maxTokens))
      add(changed("training.label_scale", a.labelScale, b.labelScale))
    default: break
    }
    return found
  }

  private func changed<Value: Equatable>(_ name: String, _ a: Value, _ b: Value) -> [Reason] {
    func words(_ value: Value) -> String {
      if case let value as (any CustomStringConvertible) = value { return value.description }
      return "\(value)"
    }
    return a == b ? [] : [.setting(name, from: words(a), to: words(b))]
  }

  /// Bases: another folder, or another job.
  private func compare(_ a: Hashed<BaseSpec>, _ b: Hashed<BaseSpec>) -> [Reason] {
    if a == b { return [] }
    guard case .folder(let old) = a.wrappedValue, case .folder(let new) = b.wrappedValue else {
      return [.input]
    }
    return [.setting("base", from: String(old.prefix(12)), to: String(new.prefix(12)))]
  }

  /// Tasks by name, with what changed in each.
  private func tasks(_ a: Hashed<[TaskSpec]>, _ b: Hashed<[TaskSpec]>) -> [Reason] {
    if a == b { return [] }
    return once("\(a.hex) \(b.hex)") {
      let (old, new) = (a.wrappedValue, b.wrappedValue)
      guard old.map(\.name) == new.map(\.name) else {
        return [
          .setting(
            "tasks", from: old.map(\.name).joined(separator: "+"), to: new.map(\.name).joined(separator: "+"))
        ]
      }
      return zip(old, new).flatMap { old, new in task(old, new) }
    }
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
    return reasons + compare(Hashed(old), Hashed(new), new.name.isEmpty ? "tasks" : "tasks.\(new.name)")
  }

  /// Every leaf of the values' JSON that differs, by the word of the manifest.
  private func compare<Value>(_ a: Hashed<Value>, _ b: Hashed<Value>, _ name: String) -> [Reason] {
    if a == b { return [] }
    return once("\(name) \(a.hex) \(b.hex)") {
      func json(_ value: Value) -> JSON? {
        (try? StableHash.canonicalJSON(value)).flatMap { try? JSON(Array($0), file: "") }
      }
      guard let old = json(a.wrappedValue), let new = json(b.wrappedValue) else { return [.unknown] }
      var reasons: [Reason] = []
      Reasons.leaves(old, new, name, &reasons)
      return reasons
    }
  }

  private static func leaves(_ a: JSON, _ b: JSON, _ name: String, _ reasons: inout [Reason]) {
    if a == b { return }
    if let (old, new) = a.members.flatMap({ old in b.members.map { (old, $0) } }) {
      var names = old.names
      names += new.names.filter { old[$0] == nil }
      for member in names {
        leaves(
          old[member] ?? .null, new[member] ?? .null, word(member, in: name),
          &reasons)
      }
    } else if let (old, new) = a.list.flatMap({ old in b.list.map { (old, $0) } }), old.count == new.count {
      for (old, new) in zip(old, new) { leaves(old, new, name, &reasons) }
    } else {
      let reason = Reason.setting(name, from: words(a), to: words(b))
      if !reasons.contains(reason) { reasons.append(reason) }
    }
  }

  /// A member's key in a manifest: the value of a case with one value is called `_0`, and what makes texts stands under `generate`.
  private static func word(_ member: String, in name: String) -> String {
    if member == "_0" { return name }
    if member == "generated", name.hasSuffix(".source") { return name.dropLast("source".count) + "generate" }
    return "\(name).\(snake(member))"
  }

  private static func words(_ json: JSON) -> String {
    switch json {
    case .null: "nothing"
    case .flag(let flag): "\(flag)"
    case .number(let digits): digits
    case .text(let text): text
    case .list(let items): "[" + items.map(words).joined(separator: ", ") + "]"
    case .object(let members) where members.names == ["_0"]: words(members.values[0])
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
