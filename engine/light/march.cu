// `march.trace` for GPUs of NVIDIA's: one thread follows one ray from its start to its end.
//
// The same steps in the same order as in `march_cpu`, where what is said here in a word is explained. Sizes and units are
// those of `Rays`, `Bounds` and `DepthField`.

struct Surfaces {
    const float *near, *far, *across, *down;  // the pyramid of bounds, rows of 2 * width
    int width;
    const float *inverse, *deep, *split;  // [rows + 1, columns + 1], [rows, columns], [rows, columns]
    int rows, columns;
    float pixel;
};

struct Ray {
    float u, v, w, du, dv, dw, end, far;
    float iu, iv, right, down;
};

struct Met {
    float blocked, at, through, far;
};

__device__ float between(float x, float low, float high) { return fminf(fmaxf(x, low), high); }

__device__ float mixed(float a, float b, float share) { return a + share * (b - a); }

__device__ float one_over(float x) { return 1.0f / (fabsf(x) < 1e-9f ? 1e-9f : x); }

// Where a ray leaves the cell it is in, and the column and row of that among those of its size.
__device__ float leaves(const Ray &ray, float t, float fine, float &column, float &row) {
    float size = 1.0f / fine;
    column = floorf((ray.u + ray.du * t) * fine);
    row = floorf((ray.v + ray.dv * t) * fine);
    float across = ((column + ray.right) * size - ray.u) * ray.iu;
    float along = ((row + ray.down) * size - ray.v) * ray.iv;
    return fminf(fmaxf(fminf(across, along), t), ray.end);
}

// Moves a ray on to the next cell, or to a smaller one; at a pixel that may block it `fine` becomes 2.
__device__ void step(const Surfaces &s, const Ray &ray, float &t, float &fine) {
    float column, row;
    float leave = leaves(ray, t, fine, column, row);
    float size = 1.0f / fine;
    int index = (int)column + (int)(2.0f * s.width * (1.0f - fine)) + (int)row * 2 * s.width;
    float across = s.across[index], down = s.down[index];
    float x = (column + 0.5f) * size - ray.u, y = (row + 0.5f) * size - ray.v;
    float level = ray.w + across * x + down * y;
    float change = ray.dw - across * ray.du - down * ray.dv;
    float here = level + change * t, there = level + change * leave;
    if (fminf(here, there) > s.near[index] || fmaxf(here, there) < s.far[index]) {
        t = fminf(leave + NUDGE, ray.end);
        fine = fmaxf(0.5f * fine, 1.0f / LARGEST);
    } else {
        fine = 2.0f * fine;
    }
}

// The cell that a ray is in, and the near and the far surface that its corners belong to.
struct Cell {
    float x, y, deep, slack;
    float corners[4], near[4], means[2];
};

__device__ Cell cell_at(const Surfaces &s, float u, float v) {
    Cell cell;
    cell.x = floorf(u);
    cell.y = floorf(v);
    int column = min(max((int)cell.x - 1, 0), s.columns - 1), row = min(max((int)cell.y - 1, 0), s.rows - 1);
    int index = row * s.columns + column, corner = index + row;
    float whole = 1.0f - s.split[index];
    cell.deep = s.deep[index];
    cell.slack = SLACK * s.pixel;
    cell.corners[0] = s.inverse[corner];
    cell.corners[1] = s.inverse[corner + 1];
    cell.corners[2] = s.inverse[corner + s.columns + 1];
    cell.corners[3] = s.inverse[corner + s.columns + 2];
    float low = fminf(fminf(cell.corners[0], cell.corners[1]), fminf(cell.corners[2], cell.corners[3]));
    float high = fmaxf(fmaxf(cell.corners[0], cell.corners[1]), fmaxf(cell.corners[2], cell.corners[3]));
    float parts = 0.0f, total = 0.0f, rest = 0.0f;
    for (int k = 0; k < 4; k++) {
        cell.near[k] = cell.corners[k] > mixed(low, high, 0.75f) ? 1.0f : whole;
        parts += cell.near[k];
        total += cell.near[k] * cell.corners[k];
        rest += (1.0f - cell.near[k]) * cell.corners[k];
    }
    cell.means[0] = total / fmaxf(parts, 1.0f);
    cell.means[1] = rest / fmaxf(4.0f - parts, 1.0f);
    return cell;
}

// A place along a ray: the shares of the near and of the far surface, how deep behind each it is, and how much each
// blocks it.
struct Place {
    float share[2], deep[2], hit[2];
};

__device__ Place place_at(const Cell &cell, const Ray &ray, float t) {
    Place place;
    float depth = 1.0f / (ray.w + ray.dw * t);
    float x = between(ray.u + ray.du * t - cell.x, 0.0f, 1.0f), y = between(ray.v + ray.dv * t - cell.y, 0.0f, 1.0f);
    float xy = x * y;
    float weights[4] = {1.0f - x - y + xy, x - xy, y - xy, xy};
    float share[2] = {0.0f, 0.0f}, inverse[2] = {0.0f, 0.0f};
    for (int k = 0; k < 4; k++) {
        float near = weights[k] * cell.near[k], far = weights[k] - near;
        share[0] += near;
        share[1] += far;
        inverse[0] += near * cell.corners[k];
        inverse[1] += far * cell.corners[k];
    }
    float slack = depth * cell.slack;
    for (int k = 0; k < 2; k++) {
        float surface = (share[k] + 1e-6f) / fmaxf(inverse[k] + 1e-6f * cell.means[k], 1e-18f);
        float deep = depth - surface;
        place.share[k] = share[k];
        place.deep[k] = deep;
        place.hit[k] =
            between(deep / slack, 0.0f, 1.0f) * between((cell.deep - deep) / (slack + 0.25f * cell.deep), 0.0f, 1.0f);
    }
    return place;
}

// How far in space a place is at t cells.
__device__ float distance(const Ray &ray, float t) {
    float share = t / fmaxf(ray.end, 1e-6f), stop = ray.w + ray.dw * ray.end;
    return ray.far * share * stop / (ray.w + (stop - ray.w) * share);
}

// What a ray meets within the cell that it crosses from a to b.
__device__ Met meets(const Surfaces &s, const Ray &ray, float a, float b) {
    float middle = 0.5f * (a + b);
    Cell cell = cell_at(s, ray.u + ray.du * middle, ray.v + ray.dv * middle);
    Place first = place_at(cell, ray, a), last = place_at(cell, ray, b);
    bool passes[2];
    float gone[2];
    for (int k = 0; k < 2; k++) {
        float in = first.deep[k], out = last.deep[k];
        passes[k] = a > CLEAR ? in * out < 0.0f : in <= 0.0f && out > 0.0f;
        gone[k] = in / (in == out ? 1.0f : in - out);
    }
    float part = passes[0] ? gone[0] : passes[1] ? gone[1] : 0.5f;
    float where = mixed(a, b, between(part, 0.0f, 1.0f));
    Place inner = place_at(cell, ray, where);
    float at_first = first.share[0] * first.hit[0] + first.share[1] * first.hit[1];
    float at_last = last.share[0] * last.hit[0] + last.share[1] * last.hit[1];
    float inside = inner.share[0] * (passes[0] ? 1.0f : inner.hit[0]);
    inside += inner.share[1] * (passes[1] ? 1.0f : inner.hit[1]);
    Met met;
    met.blocked = fmaxf(inside, fmaxf(at_first, at_last));
    met.at = met.blocked == inside ? where : met.blocked == at_first ? a : b;
    met.through = met.blocked == inside && (passes[0] || passes[1]) ? 1.0f : 0.0f;
    met.far = distance(ray, met.at);
    return met;
}

// rays [8, count], met [4, count].
extern "C" __global__ void march(Surfaces s, const float *rays, float *met, long long count, long long steps) {
    long long n = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (n >= count) return;
    Ray ray;
    ray.u = rays[n];
    ray.v = rays[count + n];
    ray.w = rays[2 * count + n];
    ray.du = rays[3 * count + n];
    ray.dv = rays[4 * count + n];
    ray.dw = rays[5 * count + n];
    ray.end = rays[6 * count + n];
    ray.far = rays[7 * count + n];
    ray.iu = one_over(ray.du);
    ray.iv = one_over(ray.dv);
    ray.right = ray.du > 0.0f ? 1.0f : 0.0f;
    ray.down = ray.dv > 0.0f ? 1.0f : 0.0f;
    Met most = {0.0f, 0.0f, 0.0f, 0.0f};
    float t = ray.end > NUDGE ? 0.0f : ray.end, fine = 0.0625f;
    for (int seen = 0; t < ray.end && seen < steps; seen++) {
        step(s, ray, t, fine);
        if (fine < 2.0f) continue;
        float column, row;
        float leave = leaves(ray, t, 1.0f, column, row);
        Met found = meets(s, ray, t, leave);
        if (found.blocked > most.blocked) most = found;
        t = most.blocked > ENOUGH ? ray.end : leave + NUDGE;
        fine = 1.0f;
    }
    met[n] = most.blocked;
    met[count + n] = most.at;
    met[2 * count + n] = most.through;
    met[3 * count + n] = most.far;
}
