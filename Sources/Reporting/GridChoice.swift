internal import Basics
public import Results
internal import Specs

/// Which point of each grid validation prefers.
public enum GridChoice {
  /// The names of the chosen models, one for every grid that has a point with all its validation scores.
  ///
  /// Of the points with as many seeds as the fullest, the one that recovers most of its singles' gains, mean over its tasks;
  /// where no single learned anything, the one with the best mean of the tasks' first metrics, turned so that more is better. Of equal ones the earlier. The test split is never looked at.
  /// - Throws: a `Diagnostic` where results contradict each other.
  public static func chosen(_ results: ResultSet, grids: [(name: String, models: [String])]) throws
    -> [String]
  {
    if grids.isEmpty { return [] }
    let evidence = try Evidence(results)
    let merges = evidence.candidates(of: .merge)
    return grids.compactMap { grid in
      let names = Set(grid.models)
      return evidence.winner(ofRivals: merges.filter { names.contains($0.model) })?.model.model
    }
  }
}
