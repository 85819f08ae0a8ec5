internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Merging

/// The steps from a recipe to the plan of its merge.
struct CheckpointPlanning {
  let recipe: CheckpointRecipe
  let method: CheckpointMethod
  let models: [CheckpointModel]
  var vocabulary: VocabularyAlignment?
  var notes: [String] = []
  private var resolver: ParameterResolver
  /// The model from which configuration and names come: the base, else the first one.
  let donor: Int

  init(_ recipe: CheckpointRecipe, method: CheckpointMethod, environment: [String: String]) throws {
    self.recipe = recipe
    self.method = method
    var models: [CheckpointModel] = []
    let leftOut = recipe.leaveOut.map(\.module)
    let ofAdapters = try Self.savedModules(recipe, among: leftOut, environment)
    for reference in recipe.references {
      do {
        models.append(
          try CheckpointModel(
            reference, leavingOut: leftOut.filter { !ofAdapters.contains($0) }, ofAdapters: ofAdapters,
            relativeTo: recipe.folder, environment: environment))
      } catch var problem as Diagnostic where problem.place == nil {
        problem.place = recipe.place(of: reference)
        throw problem
      }
    }
    // The base is the first of the references.
    donor =
      recipe.base == nil
      ? models.firstIndex { $0.reference == recipe.slices[0].sources[0].reference } ?? 0 : 0
    let old = models.indices.filter { models[$0].hasOldNames }
    if old.count < models.count {
      for index in old {
        if let note = models[index].renameAsToday() { notes.append(note) }
      }
    }
    for index in models.indices where index != donor {
      if let note = models[index].rename(like: models[donor]) { notes.append(note) }
    }
    self.models = models
    resolver = ParameterResolver(method: method, recipe: recipe)
    vocabulary = try VocabularyAlignment(recipe, models, donor: donor)
  }

  /// The model from which the tokenizer comes.
  var tokenizer: Int {
    guard case .model(let reference) = recipe.tokenizer else { return donor }
    return index(reference)
  }

  /// Whether the result is put together from ranges of layers.
  var hasRanges: Bool { recipe.slices.contains { $0.sources.contains { $0.layers != nil } } }

  func index(_ reference: CheckpointRecipe.Reference) -> Int {
    models.firstIndex { $0.reference == reference } ?? 0
  }

  /// The base of a slice.
  func base(of slice: CheckpointRecipe.Slice) -> CheckpointRecipe.Reference? { slice.base ?? recipe.base }

  // MARK: Tensors

  /// A model at a slice, and which of its layers stands at the slice's first one.
  struct Voice {
    var model: Int
    var firstLayer: Int
    var settings: [String: RecipeSetting]
  }

  /// Base and models of a slice, as the method sees them.
  func voices(_ slice: CheckpointRecipe.Slice) -> (base: Voice?, models: [Voice]) {
    let reference = base(of: slice)
    var models = slice.sources.map {
      Voice(model: index($0.reference), firstLayer: $0.layers?.lowerBound ?? 0, settings: $0.settings)
    }
    guard let reference else { return (nil, models) }
    let own = models.firstIndex { $0.model == index(reference) }
    let base = own.map { models[$0] } ?? Voice(model: index(reference), firstLayer: 0, settings: [:])
    switch method.base {
    case .origin, .optionalOrigin:
      if let own { models.remove(at: own) }
      return (base, models)
    case .model:
      if own == nil, !hasRanges, method.models.upperBound > 1 { models.append(base) }
      return (nil, models)
    case .endpoint:
      if let own { models.remove(at: own) }
      return (nil, [base] + models)
    }
  }

  /// All tensors of the result in the order of the files: by layer, each layer's by name.
  mutating func tensors() throws -> [(planned: PlannedTensor, merge: CheckpointPlan.Tensor)] {
    var result: [(planned: PlannedTensor, merge: CheckpointPlan.Tensor)] = []
    let first = recipe.slices[0]
    let last = recipe.slices[recipe.slices.count - 1]
    let outside = models[donor].names.filter { LayerName($0) == nil }
    for name in outside where TensorNames.isBeforeLayers(name) {
      result.append(try tensor(name, in: first, depth: 0) { _ in name })
    }
    var firstLayer: [String: Int] = [:]
    for slice in recipe.slices {
      for (stack, names, counts) in try layers(of: slice) {
        let start = firstLayer[stack] ?? 0
        for (name, offset) in names {
          let depth = counts > 1 ? Double(offset) / Double(counts - 1) : 1
          result.append(
            try tensor(name.name(at: start + offset), in: slice, depth: depth) {
              name.name(at: $0.firstLayer + offset)
            })
        }
        firstLayer[stack] = start + counts
      }
    }
    for name in outside where !TensorNames.isBeforeLayers(name) {
      result.append(try tensor(name, in: last, depth: 0) { _ in name })
    }
    try resolver.checkFilters(also: models.flatMap(\.dropped), notes: &notes)
    try checkTokens(result.map(\.merge))
    noteNegativeWeights(result.map(\.merge))
    try checkEffect(result.map(\.merge))
    return result
  }

  /// The tensors of a slice's layers, by stack: each with its layer counted from the slice's first one.
  private func layers(
    of slice: CheckpointRecipe.Slice
  ) throws -> [(stack: String, names: [(LayerName, Int)], count: Int)] {
    let source = slice.sources[0]
    let template = models[source.layers == nil ? donor : index(source.reference)]
    let names = template.names.compactMap { LayerName($0) }
    let stacks = Set(names.map(\.stack)).sorted()
    if let range = source.layers, stacks.count != 1 || range.isEmpty {
      throw Diagnostic(
        "the model has \(stacks.count) stacks of layers: layer_range needs one",
        at: Place(file: template.folder), hint: "list the models under 'models'")
    }
    return stacks.map { stack in
      let own = names.filter { $0.stack == stack }
      let range = source.layers ?? 0..<((own.map(\.layer).max() ?? 0) + 1)
      let chosen = own.filter { range.contains($0.layer) }.map { ($0, $0.layer - range.lowerBound) }
      return (stack, chosen.sorted { ($0.1, $0.0.rest) < ($1.1, $1.0.rest) }, range.count)
    }
  }

  /// Plans one tensor; `stored` names it in a model.
  private mutating func tensor(
    _ name: String, in slice: CheckpointRecipe.Slice, depth: Double, stored: (Voice) -> String
  ) throws -> (planned: PlannedTensor, merge: CheckpointPlan.Tensor) {
    let (base, voices) = voices(slice)
    let inputs = voices.map { CheckpointPlan.Input(model: $0.model, name: stored($0)) }
    let baseInput = base.map { CheckpointPlan.Input(model: $0.model, name: stored($0)) }
    let all = [baseInput].compactMap(\.self) + inputs
    var entries: [TensorEntry] = []
    for input in all { entries.append(try entry(input, as: name)) }
    try checkShapes(name, all, entries)
    let levels = [slice.settings] + recipe.settings
    let shared = try resolver.parameters(method.shared, name: name, depth: depth, levels: levels)
    var own: [Parameters] = []
    for (voice, input) in zip(voices, inputs) {
      own.append(
        try resolver.parameters(
          method.own, name: input.name, depth: depth, levels: [voice.settings] + levels,
          model: models[voice.model].reference))
    }
    let reference = entries[0]
    let type = reference.type.format == nil ? reference.type : outputType(reference.type)
    var shape = reference.shape
    if let vocabulary, TensorNames.isOfVocabulary(name), !shape.isEmpty { shape[0] = vocabulary.count }
    return (
      PlannedTensor(name: name, type: type, shape: shape),
      CheckpointPlan.Tensor(
        name: name, dimensions: shape.count, base: baseInput, inputs: inputs, shared: shared, own: own)
    )
  }

  private mutating func outputType(_ stored: TensorType) -> TensorType {
    switch recipe.dtype {
    case "float32": return .float32
    case "float16": return .float16
    case "bfloat16": return .bfloat16
    default:
      guard stored == .float64 else { return stored }
      note("numbers of 64 bits are written with 32")
      return .float32
    }
  }

  mutating func note(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }

  // MARK: Configuration

  /// The donor's configuration with the layers, number type and vocabulary of the result.
  func configuration() throws -> CheckpointConfiguration {
    var configuration = models[donor].configuration
    if let dtype = recipe.dtype {
      let keys = ["dtype", "torch_dtype"].filter { configuration.has($0) }
      for key in keys.isEmpty ? ["torch_dtype"] : keys { try configuration.set(key, to: dtype) }
    }
    if hasRanges { try setLayers(&configuration) }
    if let vocabulary { try configuration.set("vocab_size", to: vocabulary.count) }
    return configuration
  }

  static let layerKeys = ["num_hidden_layers", "n_layer", "num_layers", "n_layers"]

  private func setLayers(_ configuration: inout CheckpointConfiguration) throws {
    let count = recipe.slices.reduce(0) { $0 + ($1.sources[0].layers?.count ?? 0) }
    guard let key = configuration.first(of: Self.layerKeys) else {
      throw Diagnostic(
        "no key for the number of layers is known", at: Place(file: configuration.path),
        hint: "known: \(Self.layerKeys.joined(separator: ", "))")
    }
    try configuration.set(key, to: count)
    for key in ["layer_types", "mlp_layer_types"] where configuration.has(key) {
      let types = recipe.slices.flatMap { slice in
        let source = slice.sources[0]
        let own = models[index(source.reference)].configuration.texts(key) ?? []
        return (source.layers ?? 0..<0).compactMap { own.indices.contains($0) ? own[$0] : nil }
      }
      try configuration.set(key, to: types)
    }
  }
}
