package import Results
internal import Specs
internal import Statistics

extension Evidence {
  /// The candidate with the best mean of the task's first metric on validation.
  ///
  /// Only candidates with as many seeds on validation as the fullest of them take part, so that a model does
  /// not win by the seed that it lacks; `overlooked` names the others. Of equal ones the earlier in the manifest wins. The
  /// test split is never looked at.
  /// - Returns: nil where no candidate has a validation score.
  package func winner(among candidates: [Candidate], on task: TaskColumn) -> Candidate? {
    guard let metric = task.decidingMetric else { return nil }
    let scored = candidates.compactMap { candidate in
      estimate(candidate, task.name, .validation, metric.name).map { (candidate: candidate, score: $0) }
    }
    let seeds = scored.map(\.score.count).max() ?? 0
    var best: (candidate: Candidate, score: Estimate)?
    for entry in scored where entry.score.count == seeds {
      guard let leader = best else {
        best = entry
        continue
      }
      let ahead = entry.score.mean - leader.score.mean
      if metric.merit(ahead) > 0 { best = entry }
    }
    return best?.candidate
  }

  /// The winner, or the only candidate: where there is nothing to choose, nothing needs validation.
  func onlyOrWinner(among candidates: [Candidate], on task: TaskColumn) -> Candidate? {
    candidates.count == 1 ? candidates[0] : winner(among: candidates, on: task)
  }

  /// The task's single; with a grid the grid point that validation prefers.
  package func chosenSingle(for task: TaskColumn) -> Candidate? {
    onlyOrWinner(among: candidates(of: .single).filter { $0.tasks == [task.name] }, on: task)
  }

  /// Among the cocktails of two or more tasks that contain the task.
  package func bestCocktail(for task: TaskColumn) -> Candidate? {
    guard let choice else { return winner(among: cocktails(with: task), on: task) }
    return cocktails(with: task).first { $0.plain == choice.cocktails[task.name] }
  }

  /// Whether some task has a cocktail to choose beside those of all tasks; where none has, the best cocktail is the cocktail of
  /// all, and what is asked of one is asked of the other.
  package var choosesCocktail: Bool {
    guard choice == nil else {
      return tasks.contains { task in
        bestCocktail(for: task).map { $0.model != allTaskCocktail(for: task)?.model } ?? false
      }
    }
    return tasks.contains { cocktails(with: $0).count > allTaskCocktails.count }
  }

  func cocktails(with task: TaskColumn) -> [Candidate] {
    candidates(of: .cocktail).filter { $0.tasks.count > 1 && $0.tasks.contains(task.name) }
  }

  /// The singles of a task, one for each grid point.
  func singles(of task: TaskColumn) -> [Candidate] {
    candidates(of: .single).filter { $0.tasks == [task.name] }
  }

  /// The cocktails of all tasks: grid points and sampling rules.
  var allTaskCocktails: [Candidate] {
    let all = Set(tasks.map(\.name))
    guard all.count > 1 else { return [] }
    return candidates(of: .cocktail).filter { model in
      Set(model.tasks) == all && (choice?.all.map { $0 == model.plain } ?? true)
    }
  }

  /// Among how many a model was chosen by the trainings that are compared: 1 where other seeds chose.
  func rivals(_ count: Int) -> Int { choice == nil ? count : 1 }

  /// The cocktail of all tasks; with several of them (grids, sampling rules) the one that validation prefers.
  package func allTaskCocktail(for task: TaskColumn) -> Candidate? {
    onlyOrWinner(among: allTaskCocktails, on: task)
  }

  /// The trained models that never saw a task.
  func unseen(_ task: TaskColumn) -> [Candidate] {
    candidates(of: .single, .cocktail).filter { !$0.tasks.contains(task.name) }
  }

  /// Among the trained models that never saw the task.
  func bestUnseen(for task: TaskColumn) -> Candidate? {
    guard let choice else { return winner(among: unseen(task), on: task) }
    return unseen(task).first { $0.plain == choice.unseen[task.name] }
  }

  /// The models that could not be chosen for some of their tasks because a seed has no validation score there, while
  /// others have them all.
  package var overlooked: [Overlooked] { arms.flatMap(\.overlookedHere) }

  private var overlookedHere: [Overlooked] {
    var found: [Overlooked] = []
    for task in tasks {
      guard let metric = task.decidingMetric else { continue }
      let merges = candidates(of: .merge).filter { $0.tasks.contains(task.name) }
      let pools = [
        candidates(of: .single).filter { $0.tasks == [task.name] }, cocktails(with: task),
        merges.filter { !$0.isTold }, merges.filter(\.isTold),
      ]
      for pool in pools {
        let seeds = pool.map { values(of: $0, task.name, .validation, metric.name).count }
        let most = seeds.max() ?? 0
        for (candidate, count) in zip(pool, seeds) where count < most {
          let same = found.firstIndex {
            $0.model == candidate.model && $0.seeds == count && $0.most == most
          }
          if let same {
            found[same].tasks.append(task.name)
          } else {
            found.append(Overlooked(model: candidate.model, tasks: [task.name], seeds: count, most: most))
          }
        }
      }
    }
    return found
  }
}

/// A model that was no candidate for the best of some tasks, for want of seeds.
package struct Overlooked: Sendable, Hashable {
  package var model: String
  package var tasks: [String]
  /// Seeds with a validation score, and those of the fullest candidate.
  package var seeds: Int
  package var most: Int
}
