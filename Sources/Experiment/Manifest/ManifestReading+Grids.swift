internal import Basics
internal import Language
internal import Specs

extension ManifestReading {
  /// A grid is there to choose a point from, which only validation scores may do: one that will have none is refused
  /// before it is trained.
  ///
  /// Cocktails and merges side by side are no grid: without validation their tables lack the best, and nothing else.
  mutating func checkGrids(
    _ merges: [Manifest.Merge], _ cocktails: [Manifest.Cocktail], _ evaluate: Manifest.Evaluate
  ) {
    let gridded = merges.filter { $0.grid != nil }
    guard evaluate.splits.contains(.validation) else {
      // What is said of `grids: chosen` needs no second word.
      if evaluate.testsChosenOnly { return }
      for (path, place) in trainingGrids {
        report(
          "no point of the grid of '\(path)' can be chosen without validation scores", at: place,
          hint: "add validation to evaluate.splits, or give '\(path)' one value")
      }
      for merge in firstOfGrids(gridded) {
        report(
          "no point of the grid of '\(merge.grid ?? "")' can be chosen without validation scores",
          at: merge.place, hint: "add validation to evaluate.splits, or leave the grid out")
      }
      return
    }
    guard evaluate.testsChosenOnly, case .listed(let names) = evaluate.tasks else { return }
    for merge in firstOfGrids(gridded) {
      let tasks = merge.inputs.flatMap { cocktails[$0].tasks }
      guard let missing = tasks.first(where: { !names.contains($0) }) else { continue }
      report(
        "no point of the grid of '\(merge.grid ?? "")' can be chosen without validation scores on '\(missing)'",
        at: merge.place, hint: "add '\(missing)' to evaluate.tasks, or write evaluate: {grids: all}")
    }
  }

  /// The settings of trainings that have a grid, with its place.
  var trainingGrids: [(path: String, place: Place)] {
    root.entries.filter { ManifestReading.sections.contains($0.key) }.flatMap { section in
      section.value.entries.compactMap { entry in
        guard case .grid(let values) = entry.value.content, values.count > 1 else { return nil }
        return ("\(section.key).\(entry.key)", entry.value.place)
      }
    }
  }

  /// One merge of every grid.
  private func firstOfGrids(_ merges: [Manifest.Merge]) -> [Manifest.Merge] {
    merges.reduce(into: []) { first, merge in
      if !first.contains(where: { $0.grid == merge.grid && $0.place == merge.place }) { first.append(merge) }
    }
  }
}
