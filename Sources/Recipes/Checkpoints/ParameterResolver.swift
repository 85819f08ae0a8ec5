internal import Basics
internal import Checkpoints
internal import Merging

/// Finds the value of each parameter for each tensor: of the levels of a recipe the first that has one for its name.
struct ParameterResolver {
  let method: CheckpointMethod
  let recipe: CheckpointRecipe
  /// Filters that were part of some name.
  private var used: Set<String> = []

  init(method: CheckpointMethod, recipe: CheckpointRecipe) {
    self.method = method
    self.recipe = recipe
  }

  /// The parameters of some specs for a tensor.
  ///
  /// - Parameters:
  ///   - levels: The nearest first.
  ///   - model: Whose they are; nil for those of the whole merge.
  /// - Throws: a `Diagnostic` where a parameter is missing or has a value that it cannot have.
  mutating func parameters(
    _ specs: [ParameterSpec], name: String, depth: Double, levels: [[String: RecipeSetting]],
    model: CheckpointRecipe.Reference? = nil
  ) throws -> Parameters {
    var given: [String: ParameterValue] = [:]
    for spec in specs {
      let settings = levels.compactMap { $0[spec.name] }
      for filter in settings.flatMap(\.filters) where name.contains(filter.text) { used.insert(filter.text) }
      given[spec.name] = settings.lazy.compactMap { $0.value(for: name, at: depth) }.first
      guard given[spec.name] == nil, method.required.contains(spec.name) else { continue }
      throw missing(spec, name, model, isFiltered: levels.contains { $0[spec.name] != nil })
    }
    return try Parameters(given, for: specs, of: "tensor '\(name)'")
  }

  private func missing(
    _ spec: ParameterSpec, _ name: String, _ model: CheckpointRecipe.Reference?, isFiltered: Bool
  ) -> Diagnostic {
    let owner = model.map { " of '\($0)'" } ?? ""
    let place = Place(file: recipe.methodPlace.file, line: recipe.methodPlace.line)
    if isFiltered {
      return Diagnostic(
        "no filter of '\(spec.name)'\(owner) is part of the name '\(name)'", at: place,
        hint: "end the list with a value without a filter")
    }
    let isBase = model != nil && model == recipe.base && method.base == .model
    return Diagnostic(
      "\(method.name) needs '\(spec.name)'\(owner)", at: place,
      hint: isBase
        ? "here base_model is one more model: leave it out, or list it with a \(spec.name)"
        : "\(spec.summary); write it under parameters")
  }

  /// Refuses filters that chose nothing: a slip of the pen would change the merge without a word.
  ///
  /// - Parameter dropped: Names that no tensor of the result has though the models do, as those of tied heads.
  func checkFilters(also dropped: [String], notes: inout [String]) throws {
    let levels =
      recipe.settings + recipe.slices.flatMap { slice in [slice.settings] + slice.sources.map(\.settings) }
    for level in levels {
      for key in level.keys.sorted() {
        for filter in level[key]?.filters ?? []
        where !used.contains(filter.text) && !dropped.contains(where: { $0.contains(filter.text) }) {
          if TensorNames.tiedHeads.contains(where: { $0.contains(filter.text) }) {
            let note = "the filter '\(filter.text)' has no effect: the output layer is that of the embeddings"
            if !notes.contains(note) { notes.append(note) }
            continue
          }
          throw Diagnostic(
            "the filter '\(filter.text)' of '\(key)' is part of no tensor's name", at: filter.place,
            hint: "mixology inspect --tensors shows the names of a model's tensors")
        }
      }
    }
    if levels.contains(where: { $0["int8_mask"] != nil }) {
      notes.append("int8_mask has no effect: masks take no memory here")
    }
  }
}
