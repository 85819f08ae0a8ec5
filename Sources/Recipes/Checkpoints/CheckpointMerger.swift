public import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Machine
internal import Merging

/// Carries out a recipe of full checkpoints: models in folders in, one model in a folder out.
public enum CheckpointMerger {
  /// How a merge is carried out; none of it changes a number.
  public struct Options: Sendable {
    /// The most bytes of tensors in a file.
    public var largestShard: Int
    /// Tensors that are merged at once.
    public var threads: Int
    /// The process's environment, for the caches of models.
    public var environment: [String: String]
    /// The program's version, for the record.
    public var version: String
    /// Told now and then how many bytes of how many are written.
    public var progress: @Sendable (_ done: Int, _ total: Int) -> Void

    /// Collects options.
    public init(
      largestShard: Int, threads: Int, environment: [String: String], version: String,
      progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) {
      self.largestShard = largestShard
      self.threads = threads
      self.environment = environment
      self.version = version
      self.progress = progress
    }
  }

  /// What a merge wrote.
  public struct Outcome: Sendable {
    /// Models, the base among them.
    public var models: Int
    /// Tensors.
    public var tensors: Int
    /// Numbers of all tensors.
    public var parameters: Int
    /// Bytes of all tensors.
    public var bytes: Int
    /// The files, sorted.
    public var files: [String]
    /// What a user should know.
    public var notes: [String]
  }

  /// The names of the methods and their parameters, for the reader of recipes.
  public static func method(_ name: String, at place: Place?) throws -> CheckpointRecipeReader.Method {
    let row = try CheckpointMethods.row(named: name, at: place)
    return .init(name: row.name, shared: row.shared, own: row.own)
  }

  /// Whether a recipe merges checkpoints, not adapters: it has slices, or a model that is one.
  public static func takes(_ text: String, path: String, environment: [String: String]) -> Bool {
    let (names, hasSlices, hasOwnKeys) = CheckpointRecipeReader.models(in: text, path: path)
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().relativePath
    func isAdapter(_ name: String) -> Bool {
      let own = name.hasPrefix("/") ? name : "\(folder)/\(name)"
      return FileManager.default.fileExists(atPath: own + "/adapter_config.json")
    }
    if hasSlices || hasOwnKeys && !names.contains(where: isAdapter) { return true }
    return names.contains { name in
      // An adapter of several tasks may have a + in its name.
      if isAdapter(name) { return false }
      return name.contains("+")
        || (try? ModelLocator.folder(of: name, relativeTo: folder, environment)) != nil
    }
  }

  /// Merges and writes; the folder appears whole or not at all, and replaces one that was there.
  ///
  /// - Throws: a `Diagnostic` for what cannot be read, does not fit together or cannot be written.
  public static func merge(
    _ recipe: CheckpointRecipe, into folder: String, options: Options
  ) throws -> Outcome {
    let method = try CheckpointMethods.row(named: recipe.method, at: recipe.methodPlace)
    let plan = try CheckpointPlan(
      recipe, method: method, largestShard: options.largestShard, environment: options.environment)
    try FolderAttempt.checkRoom(
      for: plan.layout.bytes, in: folder, taken: "the merge takes", orElse: "out_dtype: bfloat16")
    return try FolderAttempt.write(folder) { attempt in
      try TensorWork(plan: plan, folder: attempt, progress: options.progress).run(threads: options.threads)
      try plan.configuration.write(to: attempt)
      let copied = try ModelFiles.copy(
        from: plan.models[plan.vocabulary?.source ?? plan.tokenizer].folder, to: attempt,
        tokenizer: try plan.vocabulary?.tokenizer(), chatTemplate: plan.chatTemplate)
      let outcome = Outcome(
        models: plan.models.count, tensors: plan.tensors.count,
        parameters: plan.layout.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }, bytes: plan.layout.bytes,
        files: (plan.layout.files + copied + ["config.json", "README.md", "merge.json"]).sorted(),
        notes: plan.notes)
      try ModelFiles.writeCard(recipe, folder: folder, to: attempt)
      try ModelFiles.writeRecord(recipe, plan, outcome, version: options.version, to: attempt)
      return outcome
    }
  }

  /// The files and folders that an earlier merge says it wrote to a folder; none where none did.
  public static func files(writtenTo folder: String) -> Set<String> {
    struct Record: Decodable { let files: [String] }
    guard let data = FileManager.default.contents(atPath: folder + "/merge.json"),
      let record = try? JSONDecoder().decode(Record.self, from: data)
    else { return [] }
    return Set(record.files.compactMap { $0.split(separator: "/").first.map(String.init) })
  }
}

/// The tensors of a plan, merged several at once and written as they come.
private final class TensorWork: Sendable {
  private struct State {
    var next = 0
    var done = 0
    var isChanged = false
    var failure: (tensor: Int, error: any Error)?
  }

  private let plan: CheckpointPlan
  private let writer: CheckpointWriter
  private let order: [Int]
  private let progress: @Sendable (Int, Int) -> Void
  private let state = Lock(State())

  init(plan: CheckpointPlan, folder: String, progress: @escaping @Sendable (Int, Int) -> Void) throws {
    self.plan = plan
    self.progress = progress
    writer = try CheckpointWriter(plan.layout, folder: folder)
    let sizes = plan.layout.tensors.map(\.bytes)
    // The largest first, so that no thread is left alone with one at the end.
    order = sizes.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
  }

  /// Merges all tensors; what is written does not depend on the number of threads.
  func run(threads: Int) throws {
    concurrently(max(1, min(threads, order.count))) { _ in
      while let tensor = take() {
        do { try merge(tensor) } catch var problem as Diagnostic where problem.place == nil {
          problem.place = Place(file: plan.file, detail: "tensor '\(plan.layout.tensors[tensor].name)'")
          fail(tensor, problem)
        } catch {
          fail(tensor, error)
        }
      }
    }
    let (failure, isChanged) = state.withLock { ($0.failure, $0.isChanged) }
    if let failure { throw failure.error }
    guard isChanged else {
      throw Diagnostic(
        "the merge equals its base: no number is another one, so nothing is written",
        hint: "are the models others than the base? a smaller change than the number type holds is lost: "
          + "try dtype: float32")
    }
    try writer.finish()
  }

  private func take() -> Int? {
    state.withLock { state in
      guard state.failure == nil, state.next < order.count else { return nil }
      defer { state.next += 1 }
      return order[state.next]
    }
  }

  private func fail(_ tensor: Int, _ error: any Error) {
    state.withLock { state in
      if let other = state.failure, other.tensor < tensor { return }
      state.failure = (tensor, error)
    }
  }

  private func advance(_ bytes: Int) {
    progress(
      state.withLock { state in
        state.done += bytes
        return state.done
      }, plan.layout.bytes)
  }

  private func merge(_ index: Int) throws {
    let planned = plan.layout.tensors[index]
    guard let format = planned.type.format else { return try copy(index) }
    if planned.bytes == 0 { return }
    let group = try plan.group(index)
    var encoder = FloatEncoder(format)
    var isChanged = group.base == nil || plan.vocabulary != nil || state.withLock { $0.isChanged }
    try plan.method.merge(group) { start, block in
      try check(block, format, index)
      encoder.encode(block)
      if !isChanged, let base = group.base {
        isChanged = encoder.bytes != TensorWork.bytes(of: base, from: start, like: block, format)
      }
      try writer.write(encoder.bytes.span, tensor: index, at: start * format.bytes)
      advance(encoder.bytes.count)
    }
    for model in group.models { model.discard() }
    group.base?.discard()
    writer.finish(tensor: index)
    if isChanged { state.withLock { $0.isChanged = true } }
  }

  /// What would be written for a block if the merge were its base.
  private static func bytes(
    of base: ModelTensor, from start: Int, like block: Matrix, _ format: StoredFloats.Format
  ) -> [UInt8] {
    let own = Matrix(rows: block.rows, columns: block.columns)
    let row = start / block.columns
    base.read(row..<row + block.rows, into: own)
    var encoder = FloatEncoder(format)
    encoder.encode(own)
    return encoder.bytes
  }

  /// A tensor of whole numbers must be the same in all models.
  private func copy(_ index: Int) throws {
    let tensor = plan.tensors[index]
    let inputs = [tensor.base].compactMap(\.self) + tensor.inputs
    let bytes = try plan.models[inputs[0].model].bytes(inputs[0].name)
    for input in inputs where try plan.models[input.model].bytes(input.name) != bytes {
      throw Diagnostic(
        "'\(tensor.name)' holds whole numbers, and the models differ in them",
        at: Place(file: plan.models[input.model].folder),
        hint: "whole numbers are not merged"
          + (plan.layout.tensors[index].type.bytes == 1
            ? ": where the models are quantised, dequantise them first" : ""))
    }
    try writer.write(bytes.span, tensor: index, at: 0)
    advance(bytes.count)
  }

  /// The first tensor of the models that holds NaN or infinity; nil where the merge itself made them.
  private func culprit(_ index: Int) -> Diagnostic? {
    let tensor = plan.tensors[index]
    for input in tensor.inputs + [tensor.base].compactMap(\.self) {
      let model = plan.models[input.model]
      guard let place = try? model.location(of: input.name), (try? model.specials(input.name)) ?? 0 > 0 else {
        continue
      }
      return Diagnostic(
        "the tensor holds NaN or infinity", at: place,
        hint: "no number made from it would mean anything: fetch or make the model again")
    }
    return nil
  }

  private func check(_ block: Matrix, _ format: StoredFloats.Format, _ index: Int) throws {
    guard let excess = WrittenNumbers.excess(of: block, in: format) else { return }
    throw excess == .notFinite
      ? culprit(index)
        ?? Diagnostic(
          "the merged tensor holds NaN or infinity, and the models' do not: a number grew too large",
          hint: "lower weights or lambda")
      : Diagnostic(
        "the merged tensor holds numbers too large for float16", hint: "write dtype: bfloat16 or float32")
  }
}
